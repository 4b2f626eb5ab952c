// For every input, the sum of a lane is the old one, or 0, plus or minus the shifted activation, modulo its
// width; without a token or in a lane that is not active nothing is added. The shadow register takes it if told.
module proof #(
    parameter ACCUMULATOR_BITS_8  = 32,
    parameter ACCUMULATOR_BITS_16 = 48
) (
    input clk,
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

  wire [STORAGE_BITS-1:0] accumulator, shadow;
  pe #(
      .ACCUMULATOR_BITS_8 (ACCUMULATOR_BITS_8),
      .ACCUMULATOR_BITS_16(ACCUMULATOR_BITS_16)
  ) dut (
      .clk           (clk),
      .take          (perform),
      .wide          (wide),
      .token_negative(token_negative),
      .token_position(token_position),
      .activation    (activation),
      .perform       (perform),
      .clear         (clear),
      .save          (save),
      .sum_wide      (wide),
      .sum_valid     (token_valid),
      .sum_negative  (token_negative),
      .lane_active   ({wide ? low_active : high_active, low_active}),
      .accumulator   (accumulator),
      .shadow        (shadow)
  );

  // What the registers and inputs were before the last edge.
  reg stepped = 1'b0;
  reg [STORAGE_BITS-1:0] old, old_shadow;
  reg performed, cleared, saved, was_wide, was_low_active, was_high_active;
  reg signed [31:0] low, high, one;  // what a token adds; 15 + 16 bits at most
  wire signed [8:0] low_activation = activation[8:0];
  wire signed [8:0] high_activation = activation[17:9];
  wire signed [15:0] one_activation = activation[15:0];
  always @(posedge clk) begin
    stepped <= 1'b1;
    old <= accumulator;
    old_shadow <= shadow;
    performed <= perform;
    cleared <= clear;
    saved <= save;
    was_wide <= wide;
    was_low_active <= low_active;
    was_high_active <= high_active;
    low <= token_negative ? -(low_activation <<< token_position) : low_activation <<< token_position;
    high <= token_negative ? -(high_activation <<< token_position) : high_activation <<< token_position;
    one <= token_negative ? -(one_activation <<< token_position) : one_activation <<< token_position;
    if (!token_valid) begin
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
