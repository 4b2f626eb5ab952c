// One multiplier and its sum: what a bit-parallel array has per weight and activation.
`default_nettype none

module mac_pe #(
    parameter ACTIVATION_BITS = 9,
    parameter WEIGHT_BITS     = 8,
    parameter SUM_BITS        = 32
) (
    input wire clk,

    input wire                       perform,
    input wire                       clear,
    input wire                       save,
    input wire [ACTIVATION_BITS-1:0] activation,
    input wire [    WEIGHT_BITS-1:0] weight,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  wire signed [ACTIVATION_BITS+WEIGHT_BITS-1:0] product = $signed(activation) * $signed(weight);

  sum_register #(
      .SUM_BITS   (SUM_BITS),
      .ADDEND_BITS(ACTIVATION_BITS + WEIGHT_BITS)
  ) total (
      .clk        (clk),
      .perform    (perform),
      .clear      (clear),
      .save       (save),
      .negate     (1'b0),
      .addend     (product),
      .accumulator(accumulator),
      .shadow     (shadow)
  );

endmodule

`default_nettype wire
