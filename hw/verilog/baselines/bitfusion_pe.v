// PE of `bitfusion` (docs/baselines.md): a Fusion Unit for operands of up to 8 bits. 16 BitBricks multiply two bits
// by two bits, each signed or not. Within four bricks a product moves by 0, 2 or 4, and their sum goes to a register.
// The next cycle moves it by 0, 4 or 8 and sums all into another register, which the one after it adds to the
// accumulator. `perform`, `clear` and `save` are of the sum in there.
`default_nettype none

module bitfusion_pe #(
    parameter SUM_BITS = 32
) (
    input wire clk,

    input wire [31:0] weight,             // two bits per brick
    input wire [15:0] weight_signed,
    input wire [31:0] activation,
    input wire [15:0] activation_signed,
    input wire [31:0] shift,              // of a brick's product: 0, 1, 2 for 0, 2, 4
    input wire [ 7:0] shift_of_four,      // 0, 1, 2 for 0, 4, 8

    input wire perform,
    input wire clear,
    input wire save,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam FOUR_BITS = 10;
  localparam TREE_BITS = 20;

  wire [4*TREE_BITS-1:0] moved;
  genvar f, b;
  generate
    for (f = 0; f < 4; f = f + 1) begin : g_four
      wire [4*FOUR_BITS-1:0] products;
      for (b = 0; b < 4; b = b + 1) begin : g_brick
        localparam AT = 4 * f + b;
        wire signed [2:0] x = {weight_signed[AT] && weight[2*AT+1], weight[2*AT+:2]};
        wire signed [2:0] y = {activation_signed[AT] && activation[2*AT+1], activation[2*AT+:2]};
        wire signed [5:0] product = x * y;
        wire signed [7:0] by_2 = shift[2*AT] ? {product, 2'b00} : {{2{product[5]}}, product};
        assign products[FOUR_BITS*b+:FOUR_BITS] =
            shift[2*AT+1] ? {product, 4'b0000} : {{2{by_2[7]}}, by_2};
      end
      reg signed [FOUR_BITS-1:0] four, sum_of_four;
      reg [1:0] by;
      integer i;
      always @* begin
        sum_of_four = {FOUR_BITS{1'b0}};
        for (i = 0; i < 4; i = i + 1) sum_of_four = sum_of_four + products[FOUR_BITS*i+:FOUR_BITS];
      end
      always @(posedge clk) begin
        four <= sum_of_four;
        by <= shift_of_four[2*f+:2];
      end
      wire signed [TREE_BITS-1:0] wide = {{(TREE_BITS - FOUR_BITS) {four[FOUR_BITS-1]}}, four};
      wire signed [TREE_BITS-1:0] by_4 = by[0] ? {wide[TREE_BITS-5:0], 4'd0} : wide;
      assign moved[TREE_BITS*f+:TREE_BITS] = by[1] ? {wide[TREE_BITS-9:0], 8'd0} : by_4;
    end
  endgenerate

  integer k;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = {TREE_BITS{1'b0}};
    for (k = 0; k < 4; k = k + 1) tree = tree + moved[TREE_BITS*k+:TREE_BITS];
  end

  `include "tree_sum.vh"

endmodule

`default_nettype wire
