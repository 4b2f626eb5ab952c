// A dense weight to the positions of its tokens: combinational. docs/numbers.md, "Weights" and "Weights in memory".
// One per row of the encoder.
`default_nettype none

module token_mask #(
    parameter SIGNED_DIGIT = 0  // token form: 0 binary, 1 signed digit
) (
    input wire [15:0] code,            // from bit 0 on; what is above belongs to the next weight
    input wire [ 3:0] magnitude_bits,  // of weight_format

    output reg [15:0] ones,      // a token at each position i with ones[i]
    output reg [15:0] negatives  // its sign; a subset of `ones`
);

  wire [15:0] mask = (16'd1 << magnitude_bits) - 16'd1;
  wire [15:0] magnitude = code & mask;
  wire negative = code[magnitude_bits];

  generate
    if (SIGNED_DIGIT != 0) begin : g_signed_digit
      // m = (3m - m) / 2 without borrows: the digit at i is bit i + 1 of 3m unlike that of m, which is bit i
      // unlike the carry of 2m + m out of it.
      integer i;
      reg carry;
      always @* begin
        carry = 1'b0;
        ones[0] = magnitude[0];
        for (i = 1; i < 16; i = i + 1) begin
          carry = (magnitude[i] & magnitude[i-1]) | (carry & (magnitude[i] | magnitude[i-1]));
          ones[i] = magnitude[i] ^ carry;
        end
        negatives = ones & ({1'b0, magnitude[15:1]} ^ {16{negative}});
      end
    end else begin : g_binary
      always @* begin
        ones = magnitude;
        negatives = magnitude & {16{negative}};
      end
    end
  endgenerate

endmodule

`default_nettype wire
