// For every input, the sum of a lane is the old one, or 0, plus or minus the shifted activation, modulo its
// width; without a token or in a lane that is not active nothing is added. The shadow register takes it if told.
// With two stages what is added was taken at an earlier edge, however long ago.
module proof #(
    parameter STAGES              = 1,
    parameter ACCUMULATOR_BITS_8  = 32,
    parameter ACCUMULATOR_BITS_16 = 48
) (
    input clk,
    input take,
    input perform,
    input clear,
    input save,
    input wide,
    input token_valid,
    input token_negative,
    input [3:0] token_position,
    input low_active,
    input high_active,
    input [17:0] activation
);

  localparam STORAGE_BITS = 2 * ACCUMULATOR_BITS_8 > ACCUMULATOR_BITS_16 ? 2 * ACCUMULATOR_BITS_8 : ACCUMULATOR_BITS_16;

  // The slot taken last.
  reg taken = 1'b0;
  reg taken_wide, taken_valid, taken_negative;
  reg [3:0] taken_position;
  reg [17:0] taken_activation;
  always @(posedge clk) begin
    if (take) begin
      taken <= 1'b1;
      taken_wide <= wide;
      taken_valid <= token_valid;
      taken_negative <= token_negative;
      taken_position <= token_position;
      taken_activation <= activation;
    end
  end

  // The slot that is added.
  wire added_wide = STAGES == 1 ? wide : taken_wide;
  wire added_valid = STAGES == 1 ? token_valid : taken_valid;
  wire added_negative = STAGES == 1 ? token_negative : taken_negative;
  wire [3:0] added_position = STAGES == 1 ? token_position : taken_position;
  wire [17:0] added_activation = STAGES == 1 ? activation : taken_activation;
  always @* if (STAGES == 2 && !taken) assume (!perform);

  wire [STORAGE_BITS-1:0] accumulator, shadow;
  pe #(
      .STAGES             (STAGES),
      .ACCUMULATOR_BITS_8 (ACCUMULATOR_BITS_8),
      .ACCUMULATOR_BITS_16(ACCUMULATOR_BITS_16)
  ) dut (
      .clk           (clk),
      .take          (take),
      .wide          (wide),
      .token_negative(token_negative),
      .token_position(token_position),
      .activation    (activation),
      .perform       (perform),
      .clear         (clear),
      .save          (save),
      .sum_wide      (added_wide),
      .sum_valid     (added_valid),
      .sum_negative  (added_negative),
      .lane_active   ({added_wide ? low_active : high_active, low_active}),
      .accumulator   (accumulator),
      .shadow        (shadow)
  );

  // What the registers and inputs were before the last edge.
  reg stepped = 1'b0;
  reg [STORAGE_BITS-1:0] old, old_shadow;
  reg performed, cleared, saved, was_wide, was_low_active, was_high_active;
  reg signed [31:0] low, high, one;  // what a token adds; 15 + 16 bits at most
  wire signed [8:0] low_activation = added_activation[8:0];
  wire signed [8:0] high_activation = added_activation[17:9];
  wire signed [15:0] one_activation = added_activation[15:0];
  always @(posedge clk) begin
    stepped <= 1'b1;
    old <= accumulator;
    old_shadow <= shadow;
    performed <= perform;
    cleared <= clear;
    saved <= save;
    was_wide <= added_wide;
    was_low_active <= low_active;
    was_high_active <= high_active;
    low <= added_negative ? -(low_activation <<< added_position) : low_activation <<< added_position;
    high <= added_negative ? -(high_activation <<< added_position) : high_activation <<< added_position;
    one <= added_negative ? -(one_activation <<< added_position) : one_activation <<< added_position;
    if (!added_valid) begin
      low <= 32'sd0;
      high <= 32'sd0;
      one <= 32'sd0;
    end
  end

  wire [STORAGE_BITS-1:0] start = cleared ? {STORAGE_BITS{1'b0}} : old;
  wire signed [63:0] low_addend = was_low_active ? low : 32'sd0;
  wire signed [63:0] high_addend = was_high_active ? high : 32'sd0;
  wire signed [63:0] one_addend = was_low_active ? one : 32'sd0;
  wire [ACCUMULATOR_BITS_8-1:0] low_sum = start[ACCUMULATOR_BITS_8-1:0] + low_addend[ACCUMULATOR_BITS_8-1:0];
  wire [ACCUMULATOR_BITS_8-1:0] high_sum =
      start[2*ACCUMULATOR_BITS_8-1:ACCUMULATOR_BITS_8] + high_addend[ACCUMULATOR_BITS_8-1:0];
  wire [ACCUMULATOR_BITS_16-1:0] one_sum = start[ACCUMULATOR_BITS_16-1:0] + one_addend[ACCUMULATOR_BITS_16-1:0];

  // What induction needs to know of two stages: the register between them has what was taken.
  `include "shift_add.vh"
  (* hierconn *) wire [STORAGE_BITS-1:0] \dut.g_two_stages.held ;
  always @* if (STAGES == 2 && taken)
    assert (\dut.g_two_stages.held == shift(taken_wide, taken_negative, taken_position, taken_activation));

  always @* begin
    if (stepped) begin
      if (!performed) assert (accumulator == old);
      else if (was_wide) assert (accumulator[ACCUMULATOR_BITS_16-1:0] == one_sum);
      else begin
        assert (accumulator[ACCUMULATOR_BITS_8-1:0] == low_sum);
        assert (accumulator[2*ACCUMULATOR_BITS_8-1:ACCUMULATOR_BITS_8] == high_sum);
      end
      assert (shadow == (performed && saved ? accumulator : old_shadow));
    end
  end

endmodule
