// PE of `dense` (docs/baselines.md): 16 products per cycle, each into a register. The next cycle sums them by a
// tree into another one, which the one after it adds to the accumulator. `perform`, `clear` and `save` are of the
// sum in the register.
`default_nettype none

module dense_pe #(
    parameter LANES           = 16,
    parameter ACTIVATION_BITS = 9,
    parameter WEIGHT_BITS     = 8,
    parameter SUM_BITS        = 32
) (
    input wire clk,

    input wire [LANES*ACTIVATION_BITS-1:0] activation,
    input wire [    LANES*WEIGHT_BITS-1:0] weight,

    input wire perform,
    input wire clear,
    input wire save,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam PRODUCT_BITS = ACTIVATION_BITS + WEIGHT_BITS;
  localparam TREE_BITS = PRODUCT_BITS + $clog2(LANES);

  integer p;
  reg [LANES*PRODUCT_BITS-1:0] products;
  always @(posedge clk) begin
    for (p = 0; p < LANES; p = p + 1)
      products[PRODUCT_BITS*p+:PRODUCT_BITS] <=
          $signed(activation[ACTIVATION_BITS*p+:ACTIVATION_BITS]) * $signed(weight[WEIGHT_BITS*p+:WEIGHT_BITS]);
  end

  integer i;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = {TREE_BITS{1'b0}};
    for (i = 0; i < LANES; i = i + 1)
      tree = tree + $signed(products[PRODUCT_BITS*i+:PRODUCT_BITS]);
  end

  `include "tree_sum.vh"

endmodule

`default_nettype wire
