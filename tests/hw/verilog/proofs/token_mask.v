// For every code of every layer (weight_bits, nnzb): the positions and signs that a row takes out of it are the
// tokens of its weight, as docs/numbers.md defines them. Combinational.
module proof #(
    parameter SIGNED_DIGIT  = 0,
    parameter STORED_TOKENS = 0
) (
    input [63:0] code,
    input [4:0] weight_bits,
    input [3:0] nnzb
);

  wire [6:0] code_bits;
  wire [3:0] magnitude_bits, fields;
  wire [2:0] count_bits, position_bits;
  weight_format #(
      .SIGNED_DIGIT (SIGNED_DIGIT),
      .STORED_TOKENS(STORED_TOKENS)
  ) format (
      .weight_bits   (weight_bits),
      .nnzb          (nnzb),
      .code_bits     (code_bits),
      .magnitude_bits(magnitude_bits),
      .fields        (fields),
      .count_bits    (count_bits),
      .position_bits (position_bits)
  );
  wire [15:0] ones, negatives;
  token_mask #(
      .SIGNED_DIGIT (SIGNED_DIGIT),
      .STORED_TOKENS(STORED_TOKENS)
  ) dut (
      .code          (code),
      .magnitude_bits(magnitude_bits),
      .fields        (fields),
      .count_bits    (count_bits),
      .position_bits (position_bits),
      .ones          (ones),
      .negatives     (negatives)
  );

  always @* begin
    assume (weight_bits >= 5'd2 && weight_bits <= 5'd16);
    assume (nnzb >= 4'd1 && {1'b0, nnzb} < weight_bits);
    assume (code_bits <= 7'd64);
  end

  // Sum of the tokens.
  wire signed [17:0] sum = $signed({2'd0, ones & ~negatives}) - $signed({2'd0, ones & negatives});

  generate
    if (STORED_TOKENS == 0) begin : g_dense
      wire [15:0] magnitude = code[15:0] & ((16'd1 << (weight_bits - 5'd1)) - 16'd1);
      wire negative = code[weight_bits-5'd1];
      always @* begin
        assert (sum == (negative ? -$signed({2'd0, magnitude}) : $signed({2'd0, magnitude})));
        assert ((negatives & ~ones) == 16'd0);
        // Binary: all of the weight's sign, so they are its ones. Signed digit: canonical, so there are no fewer.
        if (SIGNED_DIGIT == 0) assert (ones == magnitude);
        else assert ((ones & (ones >> 1)) == 16'd0);
      end
    end else begin : g_tokens
      // Any field: a token of its position and sign if there are so many, and no position has another source.
      (* anyconst *) wire [3:0] field;
      wire [63:0] count_mask = (64'd1 << count_bits) - 64'd1;
      wire [63:0] position_mask = (64'd1 << position_bits) - 64'd1;
      wire [6:0] field_bits = {4'd0, position_bits} + (SIGNED_DIGIT != 0 ? 7'd1 : 7'd0);
      wire [6:0] head_bits = {4'd0, count_bits} + (SIGNED_DIGIT != 0 ? 7'd0 : 7'd1);
      wire [63:0] tokens = code & count_mask;

      function [63:0] field_at;  // from its first bit on
        input [6:0] index;
        field_at = code >> (head_bits + index * field_bits);
      endfunction

      wire [63:0] chosen = field_at({3'd0, field});
      wire [3:0] position = chosen & position_mask;
      wire [63:0] sign = SIGNED_DIGIT != 0 ? chosen >> position_bits : code >> count_bits;

      integer i;
      reg legal;  // as the mapper writes it: no more tokens than fields, leading one first
      reg [15:0] named;  // positions that fields name
      reg [3:0] at, before_it;
      always @* begin
        legal = tokens <= {60'd0, fields};
        named = 16'd0;
        before_it = 4'd15;
        for (i = 0; i < 15; i = i + 1) begin
          at = field_at(i[6:0]) & position_mask;
          if (i < tokens) begin
            if (i != 0 && at >= before_it) legal = 1'b0;
            named = named | (16'd1 << at);
          end
          before_it = at;
        end
        assume (legal);
        assert (ones == named);
        if (field < tokens) begin
          assert (ones[position]);
          assert (negatives[position] == sign[0]);
        end
      end
    end
  endgenerate

endmodule
