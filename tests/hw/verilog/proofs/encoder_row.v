// Whatever an encoder row begins a step with: its tokens sum to that weight, there are as many as the weight
// has, so at most nnzb, and the last one is marked. proofs/token_mask.v: what a step begins with is the weight.
module proof (
    input clk,
    input begin_step,
    input read,
    input take,
    input [6:0] at,
    input [63:0] bank_word,
    input [3:0] magnitude_bits
);

  wire [7:0] token;
  wire more;
  encoder_row dut (
      .clk           (clk),
      .used          (1'b1),
      .begin_step    (begin_step),
      .read          (read),
      .take          (take),
      .at            (at),
      .bank_word     (bank_word),
      .magnitude_bits(magnitude_bits),
      .token         (token),
      .more          (more)
  );

  // Of the row: Yosys joins wires of one name when it flattens.
  (* hierconn *) wire [15:0] \dut.ones , \dut.negatives , \dut.next_ones , \dut.next_negatives ;

  function signed [17:0] value;
    input [15:0] ones;
    input [15:0] negatives;
    value = $signed({2'd0, ones & ~negatives}) - $signed({2'd0, ones & negatives});
  endfunction
  function [4:0] count;
    input [15:0] ones;
    integer i;
    begin
      count = 5'd0;
      for (i = 0; i < 16; i = i + 1) count = count + {4'd0, ones[i]};
    end
  endfunction

  (* anyconst *) reg [3:0] nnzb;
  always @* if (begin_step) assume (count(\dut.next_ones ) <= {1'b0, nnzb});

  reg begun = 1'b0;
  reg signed [17:0] weight, performed;
  reg [4:0] tokens, slots;
  always @(posedge clk) begin
    if (begin_step) begin
      begun <= 1'b1;
      weight <= value(\dut.next_ones , \dut.next_negatives );
      tokens <= count(\dut.next_ones );
      performed <= 18'sd0;
      slots <= 5'd0;
    end else if (take && token[7]) begin
      performed <= token[6] ? performed - (18'sd1 <<< token[3:0]) : performed + (18'sd1 <<< token[3:0]);
      slots <= slots + 5'd1;
    end
  end

  always @* begin
    if (begun) begin
      // What is left makes up the rest, of sum and number: induction needs to know it.
      assert (performed + value(\dut.ones , \dut.negatives ) == weight);
      assert (slots + count(\dut.ones ) == tokens);
      assert (tokens <= {1'b0, nnzb});
      assert (slots <= {1'b0, nnzb});
      if (!token[7]) assert (performed == weight && slots == tokens);
      assert (more == (count(\dut.ones ) > 5'd1));
      assert (token[5] == (count(\dut.ones ) == 5'd1));
    end
  end

endmodule
