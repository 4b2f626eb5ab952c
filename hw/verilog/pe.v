// Processing element: acc += +-(activation << position), two 8-bit lanes that share the token or one 16-bit
// lane. docs/units/pe_array.md. The array places one per row and column.
//
// The accumulator's flip-flops serve both widths (shift_add.vh). The shadow register takes the sum of a
// tile's last slot at the edge that adds it. Data registers have no reset: the first slot of a tile clears.
// With two stages what is shifted waits in a register, and is added at the next edge or later.
`default_nettype none

module pe #(
    parameter STAGES              = 1,   // 2: a register between shifter and adder
    parameter ACCUMULATOR_BITS_8  = 32,  // 16 to 32
    parameter ACCUMULATOR_BITS_16 = 48,  // 24 to 48
    parameter STORAGE_BITS        = 2 * ACCUMULATOR_BITS_8 > ACCUMULATOR_BITS_16 ?
                                    2 * ACCUMULATOR_BITS_8 : ACCUMULATOR_BITS_16  // derived
) (
    input wire clk,

    // What is shifted.
    input wire        take,            // a slot is taken; looked at with two stages
    input wire        wide,
    input wire        token_negative,
    input wire [ 3:0] token_position,
    input wire [17:0] activation,

    // What is added: the same slot, with two stages one that was taken before.
    input wire       perform,          // a slot is performed, and this row takes part in it
    input wire       clear,            // start from 0
    input wire       save,             // copy the new sum to the shadow register
    input wire       sum_wide,
    input wire       sum_valid,        // 0: a null slot
    input wire       sum_negative,
    input wire [1:0] lane_active,      // high, low; both or none of a 16-bit lane

    output reg [STORAGE_BITS-1:0] accumulator,
    output reg [STORAGE_BITS-1:0] shadow
);

  `include "shift_add.vh"

  wire [STORAGE_BITS-1:0] shifted = shift(wide, token_negative, token_position, activation);
  wire [STORAGE_BITS-1:0] addend;
  generate
    if (STAGES == 1) begin : g_one_stage
      wire unused = take;
      assign addend = shifted;
    end else begin : g_two_stages
      reg [STORAGE_BITS-1:0] held;
      always @(posedge clk) if (take) held <= shifted;
      assign addend = held;
    end
  endgenerate

  wire [STORAGE_BITS-1:0] start = clear ? {STORAGE_BITS{1'b0}} : accumulator;
  wire [STORAGE_BITS-1:0] sum = add(start, sum_wide, sum_negative, addend);
  wire [1:0] adds = {2{sum_valid}} & lane_active;

  wire [STORAGE_BITS-1:0] next = {
    adds[1] ? sum[STORAGE_BITS-1:ACCUMULATOR_BITS_8] : start[STORAGE_BITS-1:ACCUMULATOR_BITS_8],
    adds[0] ? sum[ACCUMULATOR_BITS_8-1:0] : start[ACCUMULATOR_BITS_8-1:0]
  };

  always @(posedge clk) begin
    if (perform) accumulator <= next;
    if (perform && save) shadow <= next;
  end

endmodule

`default_nettype wire
