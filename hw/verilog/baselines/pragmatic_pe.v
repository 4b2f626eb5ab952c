// PE of `pragmatic`, weight-serial (docs/baselines.md): one term of each of its weights per cycle. Each lane
// shifts and negates its activation, a tree sums the lanes into a register, which the next cycle adds to the
// accumulator. `perform`, `clear` and `save` are of the sum in the register.
`default_nettype none

module pragmatic_pe #(
    parameter LANES           = 16,
    parameter ACTIVATION_BITS = 9,
    parameter MAGNITUDE_BITS  = 7,
    parameter POSITION_BITS   = 3,
    parameter SUM_BITS        = 32
) (
    input wire clk,

    input wire [LANES*ACTIVATION_BITS-1:0] activation,
    input wire [                LANES-1:0] term_valid,
    input wire [                LANES-1:0] term_negative,  // a subset of term_valid
    input wire [  LANES*POSITION_BITS-1:0] term_position,

    input wire perform,
    input wire clear,
    input wire save,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam TERM_BITS = ACTIVATION_BITS + MAGNITUDE_BITS - 1;
  localparam TREE_BITS = TERM_BITS + $clog2(LANES);

  integer i;
  reg [ACTIVATION_BITS-1:0] lane;
  reg [TERM_BITS-1:0] term;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = {TREE_BITS{1'b0}};
    for (i = 0; i < LANES; i = i + 1) begin
      lane = activation[ACTIVATION_BITS*i+:ACTIVATION_BITS] & {ACTIVATION_BITS{term_valid[i]}};
      term = {{(TERM_BITS - ACTIVATION_BITS) {lane[ACTIVATION_BITS-1]}}, lane} << term_position[POSITION_BITS*i+:POSITION_BITS];
      term = term ^ {TERM_BITS{term_negative[i]}};
      tree = tree + {{(TREE_BITS - TERM_BITS) {term[TERM_BITS-1]}}, term} + {{(TREE_BITS - 1) {1'b0}}, term_negative[i]};
    end
  end

  `include "tree_sum.vh"

endmodule

`default_nettype wire
