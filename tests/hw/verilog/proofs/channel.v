// A channel neither loses, repeats nor reorders: what is pushed is numbered, and numbers leave in order. It
// looks at no data, so numbers stand for any. In what cycle an item leaves: the next one at the earliest.
module proof (
    input clk,
    input rst,
    input in_valid,
    input out_ready
);

  reg [7:0] pushes, pops;
  wire in_ready, out_valid;
  wire [7:0] out_data;

  channel #(
      .WIDTH(8)
  ) dut (
      .clk      (clk),
      .rst      (rst),
      .in_valid (in_valid),
      .in_ready (in_ready),
      .in_data  (pushes),
      .out_valid(out_valid),
      .out_ready(out_ready),
      .out_data (out_data)
  );

  reg was_reset = 1'b0;
  always @(posedge clk) begin
    if (rst) was_reset <= 1'b1;
    pushes <= rst ? 8'd0 : pushes + (in_valid && in_ready);
    pops <= rst ? 8'd0 : pops + (out_valid && out_ready);
  end

  // Of the channel: Yosys joins wires of one name when it flattens.
  (* hierconn *) wire [7:0] \dut.second ;

  wire [7:0] held = pushes - pops;
  always @* begin
    if (was_reset) begin
      assert (held <= 8'd2);
      assert (out_valid == (held != 8'd0));
      assert (in_ready == (held != 8'd2));
      if (out_valid) assert (out_data == pops);
      // What induction needs to know: the item behind the first.
      if (held == 8'd2) assert (\dut.second == pops + 8'd1);
    end
  end

endmodule
