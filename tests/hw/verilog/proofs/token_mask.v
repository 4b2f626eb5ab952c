// For every dense code of every layer (weight_bits, nnzb): the positions and signs that a row takes out of it are the
// tokens of its weight, as docs/numbers.md defines them. Combinational.
module proof #(
    parameter SIGNED_DIGIT = 0
) (
    input [15:0] code,
    input [4:0] weight_bits,
    input [3:0] nnzb
);

  wire [6:0] code_bits;
  wire [3:0] magnitude_bits;
  weight_format #(
      .SIGNED_DIGIT(SIGNED_DIGIT)
  ) format (
      .weight_bits   (weight_bits),
      .nnzb          (nnzb),
      .code_bits     (code_bits),
      .magnitude_bits(magnitude_bits)
  );
  wire [15:0] ones, negatives;
  token_mask #(
      .SIGNED_DIGIT(SIGNED_DIGIT)
  ) dut (
      .code          (code),
      .magnitude_bits(magnitude_bits),
      .ones          (ones),
      .negatives     (negatives)
  );

  always @* begin
    assume (weight_bits >= 5'd2 && weight_bits <= 5'd16);
    assume (nnzb >= 4'd1 && {1'b0, nnzb} < weight_bits);
    assert (code_bits == {2'd0, weight_bits});
  end

  // Sum of the tokens.
  wire signed [17:0] sum = $signed({2'd0, ones & ~negatives}) - $signed({2'd0, ones & negatives});

  wire [15:0] magnitude = code & ((16'd1 << (weight_bits - 5'd1)) - 16'd1);
  wire negative = code[weight_bits-5'd1];
  always @* begin
    assert (sum == (negative ? -$signed({2'd0, magnitude}) : $signed({2'd0, magnitude})));
    assert ((negatives & ~ones) == 16'd0);
    // Binary: all of the weight's sign, so they are its ones. Signed digit: canonical, so there are no fewer.
    if (SIGNED_DIGIT == 0) assert (ones == magnitude);
    else assert ((ones & (ones >> 1)) == 16'd0);
  end

endmodule
