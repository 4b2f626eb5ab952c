// PE of `laconic` (docs/baselines.md): each lane has the ones of the magnitudes of its weight and its activation,
// and takes one pair of them per cycle: every one of the activation for the leading one of the weight, then for
// the next. A pair's product is a one at the sum of both positions. Ones are counted by position, positive and
// negative ones apart, and the differences of both counts go to registers. The next cycle sums them into another
// register, which the one after it adds to the accumulator. `perform`, `clear` and `save` are of the sum in there.
`default_nettype none

module laconic_pe #(
    parameter LANES           = 16,
    parameter ACTIVATION_BITS = 8,   // of the magnitude
    parameter WEIGHT_BITS     = 7,   // of the magnitude
    parameter SUM_BITS        = 32
) (
    input wire clk,

    input wire                             load,
    input wire [LANES*ACTIVATION_BITS-1:0] activation,  // held by the column until the next load
    input wire [    LANES*WEIGHT_BITS-1:0] weight,
    input wire [                LANES-1:0] negative,    // of the product

    output wire done,  // no lane has a pair left

    input wire perform,
    input wire clear,
    input wire save,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam POSITIONS = WEIGHT_BITS + ACTIVATION_BITS - 1;
  localparam COUNT_BITS = $clog2(LANES) + 2;  // of a difference
  localparam TREE_BITS = POSITIONS + COUNT_BITS;

  // Bit l of position p at LANES p + l.
  wire [POSITIONS*LANES-1:0] positive_one, negative_one;
  wire [LANES-1:0] lane_done;
  assign done = &lane_done;

  genvar l, p;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : g_lane
      reg [WEIGHT_BITS-1:0] weight_ones;
      reg [ACTIVATION_BITS-1:0] activation_ones;

      reg [2:0] weight_position, activation_position;
      integer i;
      always @* begin
        weight_position = 3'd0;
        for (i = 0; i < WEIGHT_BITS; i = i + 1) if (weight_ones[i]) weight_position = i[2:0];
        activation_position = 3'd0;
        for (i = 0; i < ACTIVATION_BITS; i = i + 1) if (activation_ones[i]) activation_position = i[2:0];
      end
      wire [WEIGHT_BITS-1:0] weight_rest = weight_ones & ~({{(WEIGHT_BITS - 1) {1'b0}}, 1'b1} << weight_position);
      wire [ACTIVATION_BITS-1:0] activation_rest =
          activation_ones & ~({{(ACTIVATION_BITS - 1) {1'b0}}, 1'b1} << activation_position);
      wire valid = |weight_ones && |activation_ones;
      wire last_of_weight = activation_rest == {ACTIVATION_BITS{1'b0}};
      wire [ACTIVATION_BITS-1:0] all = activation[ACTIVATION_BITS*l+:ACTIVATION_BITS];
      assign lane_done[l] = !valid || (last_of_weight && weight_rest == {WEIGHT_BITS{1'b0}});
      always @(posedge clk) begin
        if (load || last_of_weight) activation_ones <= all;
        else activation_ones <= activation_rest;
        if (load) weight_ones <= weight[WEIGHT_BITS*l+:WEIGHT_BITS];
        else if (last_of_weight) weight_ones <= weight_rest;
      end

      wire [3:0] position = {1'b0, weight_position} + {1'b0, activation_position};
      for (p = 0; p < POSITIONS; p = p + 1) begin : g_position
        wire here = valid && position == p[3:0];
        assign positive_one[LANES*p+l] = here && !negative[l];
        assign negative_one[LANES*p+l] = here && negative[l];
      end
    end
  endgenerate

  function [COUNT_BITS-1:0] count;
    input [LANES-1:0] ones;
    integer i;
    begin
      count = {COUNT_BITS{1'b0}};
      for (i = 0; i < LANES; i = i + 1) count = count + {{(COUNT_BITS - 1) {1'b0}}, ones[i]};
    end
  endfunction

  // Digit d of all differences makes a number; the highest digits are those of the signs.
  reg [COUNT_BITS*POSITIONS-1:0] digits;
  generate
    for (p = 0; p < POSITIONS; p = p + 1) begin : g_difference
      wire [COUNT_BITS-1:0] difference = count(positive_one[LANES*p+:LANES]) - count(negative_one[LANES*p+:LANES]);
      genvar d;
      for (d = 0; d < COUNT_BITS; d = d + 1) begin : g_digit
        always @(posedge clk) digits[POSITIONS*d+p] <= difference[d];
      end
    end
  endgenerate
  integer k;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = -{1'b0, digits[POSITIONS*(COUNT_BITS-1)+:POSITIONS], {(COUNT_BITS - 1) {1'b0}}};
    for (k = 0; k < COUNT_BITS - 1; k = k + 1)
      tree = tree + ({{COUNT_BITS{1'b0}}, digits[POSITIONS*k+:POSITIONS]} << k);
  end

  `include "tree_sum.vh"

endmodule

`default_nettype wire
