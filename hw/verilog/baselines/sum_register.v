// What every PE of a comparison ends in: the accumulator, and the shadow register that drains while the next
// tile computes. As in ours (pe.v), the first addition of a tile clears, and data registers have no reset.
`default_nettype none

module sum_register #(
    parameter SUM_BITS    = 32,
    parameter ADDEND_BITS = 17  // signed, at most SUM_BITS
) (
    input wire clk,

    input wire                   perform,
    input wire                   clear,   // start from 0
    input wire                   save,    // copy the new sum to the shadow register
    input wire                   negate,  // subtract
    input wire [ADDEND_BITS-1:0] addend,

    output reg [SUM_BITS-1:0] accumulator,
    output reg [SUM_BITS-1:0] shadow
);

  wire [SUM_BITS-1:0] start = clear ? {SUM_BITS{1'b0}} : accumulator;
  wire [SUM_BITS-1:0] extended = {{(SUM_BITS - ADDEND_BITS + 1) {addend[ADDEND_BITS-1]}}, addend[ADDEND_BITS-2:0]};
  wire [SUM_BITS-1:0] sum = start + (extended ^ {SUM_BITS{negate}}) + {{(SUM_BITS - 1) {1'b0}}, negate};

  always @(posedge clk) begin
    if (perform) accumulator <= sum;
    if (perform && save) shadow <= sum;
  end

endmodule

`default_nettype wire
