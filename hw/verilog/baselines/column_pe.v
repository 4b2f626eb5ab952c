// PE of `stripes` and `bitwave` (docs/baselines.md): one bit of each of its weights per cycle. The activations
// under ones are summed by a tree into a register. The next cycle moves that sum to the bit's position and
// adds it to the accumulator. SIGNS 0: two's complement, the sum of the sign column is subtracted (`negate`).
// SIGNS 1: sign and magnitude, each activation has the sign of its weight.
`default_nettype none

module column_pe #(
    parameter LANES           = 16,
    parameter ACTIVATION_BITS = 9,
    parameter POSITION_BITS   = 3,
    parameter SUM_BITS        = 32,
    parameter SIGNS           = 0
) (
    input wire clk,

    input wire [LANES*ACTIVATION_BITS-1:0] activation,
    input wire [                LANES-1:0] weight_bit,
    input wire [                LANES-1:0] weight_sign,  // of SIGNS 1

    // Of the sum in the register.
    input wire                     perform,
    input wire                     clear,
    input wire                     save,
    input wire                     negate,    // of SIGNS 0
    input wire [POSITION_BITS-1:0] position,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam TREE_BITS = ACTIVATION_BITS + $clog2(LANES);

  // - x is ~x + 1. All ones of the carries are added by the tree.
  integer i;
  reg [LANES-1:0] negative;
  reg [ACTIVATION_BITS-1:0] term;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    negative = SIGNS != 0 ? weight_bit & weight_sign : {LANES{1'b0}};
    tree = {TREE_BITS{1'b0}};
    for (i = 0; i < LANES; i = i + 1) begin
      term = (activation[ACTIVATION_BITS*i+:ACTIVATION_BITS] & {ACTIVATION_BITS{weight_bit[i]}}) ^ {ACTIVATION_BITS{negative[i]}};
      tree = tree + {{(TREE_BITS - ACTIVATION_BITS) {term[ACTIVATION_BITS-1]}}, term} + {{(TREE_BITS - 1) {1'b0}}, negative[i]};
    end
  end

  wire [TREE_BITS-1:0] chosen = tree;
  localparam SIGN_COLUMN = SIGNS == 0;
  `include "column_sum.vh"

endmodule

`default_nettype wire
