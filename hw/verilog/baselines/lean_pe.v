// The lean variant of our PE (pe.v): two 8-bit lanes that share the token, and no 16-bit one; positions 0 to 7.
`default_nettype none

module lean_pe #(
    parameter SUM_BITS      = 24,
    parameter POSITION_BITS = 3
) (
    input wire clk,

    input wire                     perform,
    input wire                     clear,
    input wire                     save,
    input wire                     token_valid,     // 0: a null slot
    input wire                     token_negative,
    input wire [POSITION_BITS-1:0] token_position,
    input wire [              1:0] lane_active,     // high, low
    input wire [             17:0] activation,

    output reg [2*SUM_BITS-1:0] accumulator,
    output reg [2*SUM_BITS-1:0] shadow
);

  genvar lane;
  generate
    for (lane = 0; lane < 2; lane = lane + 1) begin : g_lane
      wire [8:0] in = activation[9*lane+:9];
      wire [SUM_BITS-1:0] moved = {{(SUM_BITS - 9) {in[8]}}, in} << token_position;
      wire [SUM_BITS-1:0] start = clear ? {SUM_BITS{1'b0}} : accumulator[SUM_BITS*lane+:SUM_BITS];
      wire [SUM_BITS-1:0] sum =
          start + (moved ^ {SUM_BITS{token_negative}}) + {{(SUM_BITS - 1) {1'b0}}, token_negative};
      wire [SUM_BITS-1:0] next = token_valid && lane_active[lane] ? sum : start;
      always @(posedge clk) begin
        if (perform) accumulator[SUM_BITS*lane+:SUM_BITS] <= next;
        if (perform && save) shadow[SUM_BITS*lane+:SUM_BITS] <= next;
      end
    end
  endgenerate

endmodule

`default_nettype wire
