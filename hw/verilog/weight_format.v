// How a stored weight lies in its bits: combinational, from two fields of the command. docs/numbers.md,
// "Weights in memory". Common to all rows of the encoder.
`default_nettype none

module weight_format #(
    parameter SIGNED_DIGIT  = 0,  // token form: 0 binary, 1 signed digit
    parameter STORED_TOKENS = 0   // weight storage: 0 dense, 1 tokens
) (
    input wire [4:0] weight_bits,  // 2 to 16
    input wire [3:0] nnzb,         // 1 to weight_bits - 1; binary tokens of 16 bits: 14 at most, as 15 take 65 bits

    output wire [6:0] code_bits,      // of a weight
    output wire [3:0] magnitude_bits, // dense: the sign is above them
    output wire [3:0] fields,         // tokens that a code has room for
    output wire [2:0] count_bits,     // of the number of tokens
    output wire [2:0] position_bits   // of a token
);

  // Bits that tell `values` values apart.
  function [2:0] index_bits;
    input [4:0] values;
    index_bits = values > 5'd8 ? 3'd4 : values > 5'd4 ? 3'd3 : values > 5'd2 ? 3'd2 : values > 5'd1 ? 3'd1 : 3'd0;
  endfunction

  wire [4:0] magnitude = weight_bits - 5'd1;
  // Canonical digits are never neighbours: at most every other position is used.
  wire [4:0] most_digits = (weight_bits + 5'd1) >> 1;
  wire few_digits = SIGNED_DIGIT != 0 && {1'b0, nnzb} > most_digits;

  assign magnitude_bits = magnitude[3:0];
  assign fields = few_digits ? most_digits[3:0] : nnzb;
  assign count_bits = index_bits({1'b0, fields} + 5'd1);
  assign position_bits = index_bits(SIGNED_DIGIT != 0 ? weight_bits : magnitude);

  wire [2:0] field_bits = SIGNED_DIGIT != 0 ? position_bits + 3'd1 : position_bits;
  wire [6:0] head_bits = {4'd0, count_bits} + (SIGNED_DIGIT != 0 ? 7'd0 : 7'd1);
  wire [6:0] token_code_bits = head_bits + {3'd0, fields} * {4'd0, field_bits};
  assign code_bits = STORED_TOKENS != 0 ? token_code_bits : {2'd0, weight_bits};

endmodule

`default_nettype wire
