// PE of `bitvert` (docs/baselines.md): one bit column per cycle, whose ones or zeros are picked, whichever are
// fewer: at most half of the lanes. Pick i is one of the lanes i to i + LANES / 2. A tree sums the picks; of
// picked zeros, the sum of all activations less that. The result goes to a register. The next cycle moves it
// to the bit's position and adds it to the accumulator.
`default_nettype none

module bitvert_pe #(
    parameter LANES           = 16,
    parameter ACTIVATION_BITS = 9,
    parameter POSITION_BITS   = 3,
    parameter SUM_BITS        = 32,
    // Derived.
    parameter PICKS           = LANES / 2,
    parameter SELECT_BITS     = $clog2(PICKS + 1),
    parameter TREE_BITS       = ACTIVATION_BITS + $clog2(LANES)
) (
    input wire clk,

    input wire [LANES*ACTIVATION_BITS-1:0] activation,
    input wire [            TREE_BITS-1:0] all,          // sum of all lanes, of the column of PEs
    input wire [                PICKS-1:0] pick_valid,
    input wire [    PICKS*SELECT_BITS-1:0] pick_select,  // lane - pick
    input wire                             zeros,        // are picked

    // Of the sum in the register.
    input wire                     perform,
    input wire                     clear,
    input wire                     save,
    input wire                     negate,    // the sign's column
    input wire [POSITION_BITS-1:0] position,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  wire [PICKS*ACTIVATION_BITS-1:0] picked;
  genvar p, v, s;
  generate
    for (p = 0; p < PICKS; p = p + 1) begin : g_pick
      wire [SELECT_BITS-1:0] select = pick_select[SELECT_BITS*p+:SELECT_BITS];
      for (v = 0; v < ACTIVATION_BITS; v = v + 1) begin : g_bit
        wire [PICKS:0] choices;
        for (s = 0; s <= PICKS; s = s + 1) begin : g_choice
          assign choices[s] = activation[ACTIVATION_BITS*(p+s)+v];
        end
        assign picked[ACTIVATION_BITS*p+v] = choices[select] && pick_valid[p];
      end
    end
  endgenerate

  integer i;
  reg [ACTIVATION_BITS-1:0] term;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = {TREE_BITS{1'b0}};
    for (i = 0; i < PICKS; i = i + 1) begin
      term = picked[ACTIVATION_BITS*i+:ACTIVATION_BITS];
      tree = tree + {{(TREE_BITS - ACTIVATION_BITS) {term[ACTIVATION_BITS-1]}}, term};
    end
  end

  // all - tree, or tree.
  wire [TREE_BITS-1:0] chosen = (all & {TREE_BITS{zeros}}) + (tree ^ {TREE_BITS{zeros}}) + {{(TREE_BITS - 1) {1'b0}}, zeros};
  localparam SIGN_COLUMN = 1;
  `include "column_sum.vh"

endmodule

`default_nettype wire
