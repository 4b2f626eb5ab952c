// Ready/valid channel between two units: a two-entry elastic buffer whose valid and ready are registers.
// docs/timing.md, "Channel": what is pushed at edge k can be popped from edge k + 1 on, and a place freed at
// k can be filled from k + 1 on. Two entries sustain one transfer per cycle.
`default_nettype none

module channel #(
    parameter WIDTH = 8
) (
    input wire clk,
    input wire rst,  // synchronous, active high: the channel is empty

    // A transfer happens at an edge where both valid and ready are high.
    input  wire             in_valid,
    output wire             in_ready,
    input  wire [WIDTH-1:0] in_data,

    output wire             out_valid,
    input  wire             out_ready,
    output wire [WIDTH-1:0] out_data
);

  reg [WIDTH-1:0] first, second;  // the next to leave, and the one after it
  reg first_valid, second_valid;  // second_valid only with first_valid

  assign in_ready = !second_valid;
  assign out_valid = first_valid;
  assign out_data = first;

  wire push = in_valid && in_ready;
  wire pop = out_valid && out_ready;
  wire to_first = push && (!first_valid || pop);

  always @(posedge clk) begin
    if (pop && second_valid) first <= second;
    else if (to_first) first <= in_data;
    if (push) second <= in_data;

    if (rst) begin
      first_valid <= 1'b0;
      second_valid <= 1'b0;
    end else begin
      first_valid <= push || second_valid || (first_valid && !pop);
      second_valid <= !pop && (second_valid || (push && first_valid));
    end
  end

endmodule

`default_nettype wire
