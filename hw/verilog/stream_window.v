// BITS of {high, low}, from bit `at` on: combinational. How an encoder row finds a code, or a field of one, in its
// stream.
`default_nettype none

module stream_window #(
    parameter BITS = 16
) (
    input  wire [63:0]     low,
    input  wire [63:0]     high,
    input  wire [ 6:0]     at,   // 0 to 64
    output wire [BITS-1:0] bits
);

  // The largest step first, so that each stage is only as wide as what follows needs.
  wire [BITS+62:0] by_64 = at[6] ? {{(BITS - 1) {1'b0}}, high} : {high[BITS-2:0], low};
  wire [BITS+30:0] by_32 = at[5] ? by_64[BITS+62:32] : by_64[BITS+30:0];
  wire [BITS+14:0] by_16 = at[4] ? by_32[BITS+30:16] : by_32[BITS+14:0];
  wire [BITS+6:0] by_8 = at[3] ? by_16[BITS+14:8] : by_16[BITS+6:0];
  wire [BITS+2:0] by_4 = at[2] ? by_8[BITS+6:4] : by_8[BITS+2:0];
  wire [BITS:0] by_2 = at[1] ? by_4[BITS+2:2] : by_4[BITS:0];
  assign bits = at[0] ? by_2[BITS:1] : by_2[BITS-1:0];

endmodule

`default_nettype wire
