// Where the token of a slot lies: common to all rows of the encoder where weights are stored as tokens.
// docs/numbers.md, "Weights in memory".
`default_nettype none

module token_pointer #(
    parameter SIGNED_DIGIT = 0
) (
    input wire clk,

    input wire       begin_step,  // a code begins
    input wire       read,        // ... and ends in the bank's word, which is held from then on
    input wire       take,        // a slot: the next one takes the next field
    input wire [6:0] at,          // first bit of the code in {bank's word, word held}, 0 to 64

    // From weight_format, of the code that begins.
    input wire [2:0] count_bits,
    input wire [2:0] next_position_bits,

    output reg [6:0] token_at,      // first bit of a token in {word held, previous word}
    output reg [2:0] position_bits  // of it
);

  // A binary code has one sign, in front of all positions, one of signed digits a sign above each.
  localparam [2:0] HEAD_SIGN = SIGNED_DIGIT != 0 ? 3'd0 : 3'd1;
  localparam [2:0] TOKEN_SIGN = SIGNED_DIGIT != 0 ? 3'd1 : 3'd0;

  wire [2:0] head_bits = count_bits + HEAD_SIGN;
  wire [2:0] field_bits = position_bits + TOKEN_SIGN;

  always @(posedge clk) begin
    if (begin_step) begin
      // A word that is read makes the one held the one before.
      token_at <= at + {!read, 3'd0, head_bits};
      position_bits <= next_position_bits;
    end else if (take) begin
      token_at <= token_at + {4'd0, field_bits};
    end
  end

endmodule

`default_nettype wire
