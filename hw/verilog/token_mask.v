// A stored weight to the positions of its tokens: combinational. docs/numbers.md, "Weights" and "Weights in
// memory". One per row of the encoder.
`default_nettype none

module token_mask #(
    parameter SIGNED_DIGIT  = 0,  // token form: 0 binary, 1 signed digit
    parameter STORED_TOKENS = 0   // weight storage: 0 dense, 1 tokens
) (
    input wire [63:0] code,  // from bit 0 on; what is above belongs to the next weight

    // From weight_format.
    input wire [3:0] magnitude_bits,
    input wire [3:0] fields,
    input wire [2:0] count_bits,
    input wire [2:0] position_bits,

    output reg [15:0] ones,      // a token at each position i with ones[i]
    output reg [15:0] negatives  // its sign; a subset of `ones`
);

  generate
    if (STORED_TOKENS != 0) begin : g_tokens
      wire [2:0] field_bits = SIGNED_DIGIT != 0 ? position_bits + 3'd1 : position_bits;
      wire [4:0] position_mask = (5'd1 << position_bits) - 5'd1;
      wire [4:0] count_mask = (5'd1 << count_bits) - 5'd1;
      wire [3:0] count = code[3:0] & count_mask[3:0];
      wire [63:0] after_count = code >> count_bits;

      integer i;
      reg [63:0] rest;
      reg [3:0] position;
      reg negative;
      always @* begin
        ones = 16'd0;
        negatives = 16'd0;
        negative = after_count[0];
        rest = SIGNED_DIGIT != 0 ? after_count : after_count >> 1;
        position = 4'd0;
        // Of a count beyond the fields, those that exist are taken.
        for (i = 0; i < 15; i = i + 1) begin
          if (i[3:0] < count && i[3:0] < fields) begin
            position = rest[3:0] & position_mask[3:0];
            if (SIGNED_DIGIT != 0) negative = |(rest[4:0] & (5'd1 << position_bits));
            ones = ones | (16'd1 << position);
            if (negative) negatives = negatives | (16'd1 << position);
          end
          rest = rest >> field_bits;
        end
      end
    end else begin : g_dense
      wire [15:0] mask = (16'd1 << magnitude_bits) - 16'd1;
      wire [15:0] magnitude = code[15:0] & mask;
      wire negative = code[{2'd0, magnitude_bits}];
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
    end
  endgenerate

endmodule

`default_nettype wire
