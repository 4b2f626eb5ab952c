// For every code of at most 64 bits of every layer (weight_bits, nnzb; 15 binary tokens of 16 bits would take 65),
// wherever it lies in the stream: the slots of its step take the tokens that are stored in it, as docs/numbers.md
// defines them, in their order; the last one is marked, and what follows are null slots.
module proof #(
    parameter SIGNED_DIGIT = 0
) (
    input clk,
    input used,
    input begin_step,
    input take,
    input [6:0] at,
    input [63:0] bank_word,
    input [4:0] weight_bits,
    input [3:0] nnzb
);

  wire [6:0] code_bits;
  wire [3:0] fields;
  wire [2:0] count_bits, next_position_bits;
  weight_format #(
      .SIGNED_DIGIT (SIGNED_DIGIT),
      .STORED_TOKENS(1)
  ) format (
      .weight_bits  (weight_bits),
      .nnzb         (nnzb),
      .code_bits    (code_bits),
      .fields       (fields),
      .count_bits   (count_bits),
      .position_bits(next_position_bits)
  );
  wire read = {1'b0, at} + {1'b0, code_bits} > 8'd64;
  wire [6:0] token_at;
  wire [2:0] position_bits;
  token_pointer #(
      .SIGNED_DIGIT(SIGNED_DIGIT)
  ) pointer (
      .clk               (clk),
      .begin_step        (begin_step),
      .read              (read),
      .take              (take),
      .at                (at),
      .count_bits        (count_bits),
      .next_position_bits(next_position_bits),
      .token_at          (token_at),
      .position_bits     (position_bits)
  );
  wire [7:0] token;
  wire more;
  token_row #(
      .SIGNED_DIGIT(SIGNED_DIGIT)
  ) dut (
      .clk          (clk),
      .used         (used),
      .begin_step   (begin_step),
      .read         (read),
      .take         (take),
      .at           (at),
      .bank_word    (bank_word),
      .fields       (fields),
      .count_bits   (count_bits),
      .token_at     (token_at),
      .position_bits(position_bits),
      .token        (token),
      .more         (more)
  );

  // Of the row: Yosys joins wires of one name when it flattens.
  (* hierconn *) wire [63:0] \dut.word ;
  (* hierconn *) wire [3:0] \dut.left ;
  localparam LOWEST = SIGNED_DIGIT != 0 ? 21 : 4;
  (* hierconn *) wire [63:LOWEST] \dut.previous ;
  (* hierconn *) wire \dut.negative ;

  // The step under way: where its code lies, how, and what its code says first.
  reg begun = 1'b0;
  reg [127:0] stream;
  reg [7:0] begins, ends;
  reg two_words, of_used;
  reg [2:0] step_count_bits, step_position_bits;
  reg [3:0] step_fields, tokens;
  reg negative;
  reg [3:0] slots;

  wire [127:0] offered = {bank_word, \dut.word };
  wire [63:0] code = offered >> at;
  wire [63:0] count_mask = (64'd1 << count_bits) - 64'd1;
  wire [63:0] stored = code & count_mask;

  always @* begin
    assume (weight_bits >= 5'd2 && weight_bits <= 5'd16);
    assume (nnzb >= 4'd1 && {1'b0, nnzb} < weight_bits);
    assume (code_bits <= 7'd64);
    assume (at <= 7'd64);
    assume (!take || slots != 4'd15);  // no step has more slots
  end

  always @(posedge clk) begin
    if (begin_step) begin
      begun <= 1'b1;
      stream <= offered;
      begins <= {1'b0, at};
      ends <= {1'b0, at} + {1'b0, code_bits};
      step_fields <= fields;
      two_words <= read;
      of_used <= used;
      step_count_bits <= count_bits;
      step_position_bits <= next_position_bits;
      tokens <= stored < {60'd0, fields} ? stored[3:0] : fields;
      negative <= code >> count_bits;
      slots <= 4'd0;
    end else if (take) begin
      slots <= slots + 4'd1;
    end
  end

  // This slot's field.
  wire [7:0] head_bits = {5'd0, step_count_bits} + (SIGNED_DIGIT != 0 ? 8'd0 : 8'd1);
  wire [7:0] field_bits = {5'd0, step_position_bits} + (SIGNED_DIGIT != 0 ? 8'd1 : 8'd0);
  wire [7:0] field_at = begins + head_bits + {4'd0, slots} * field_bits;
  wire [4:0] field = stream >> field_at;
  wire [3:0] position = field & ((5'd1 << step_position_bits) - 5'd1);
  wire sign = SIGNED_DIGIT != 0 ? field >> step_position_bits : negative;
  wire valid = of_used && slots < tokens;
  wire last = slots + 5'd1 == tokens;

  always @* begin
    if (begun) begin
      if (valid) assert (token == {1'b1, sign, last, 1'b0, position});
      else assert (token == 8'd0);
      assert (more == (valid && !last));
      // What the registers hold of the step: induction needs to know it.
      assert (\dut.left == (valid ? tokens - slots : 4'd0));
      assert (position_bits == step_position_bits && position_bits <= 3'd4);
      assert (token_at == field_at[6:0] + (two_words ? 7'd0 : 7'd64));
      if (SIGNED_DIGIT == 0) assert (\dut.negative == negative);
      if (of_used) assert (\dut.word == (two_words ? stream[127:64] : stream[63:0]));
      if (of_used && two_words) assert (\dut.previous == stream[63:LOWEST]);
      // A code, and so each of its fields, ends in the word held; where that is the second word, it begins late.
      assert (tokens <= step_fields);
      assert (ends == begins + head_bits + {4'd0, step_fields} * field_bits);
      assert (ends <= (two_words ? 8'd128 : 8'd64));
      assert (begins <= 8'd64);
      if (two_words) assert (begins >= LOWEST);
    end
  end

endmodule
