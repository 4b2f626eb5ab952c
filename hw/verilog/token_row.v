// One row of the weight encoder where weights are stored as tokens: takes a weight's number of tokens when a step
// begins, and one token out of the stream in every slot. docs/units/weight_encoder.md. The control, common to all rows,
// is weight_encoder.v; the row for dense weights is encoder_row.v.
//
// A code ends in the word held. What it has in the one before stays in `previous` until the step is over.
`default_nettype none

module token_row #(
    parameter SIGNED_DIGIT = 0
) (
    input wire clk,

    input wire        used,        // by the tile that begins or is under way
    input wire        begin_step,  // take the next weight
    input wire        read,        // ... and hold the bank's word, which it ends in or fills
    input wire        take,        // a slot: the token leaves
    input wire [ 6:0] at,          // first bit of {bank's word, word held} that no step has taken, 0 to 64
    input wire [63:0] bank_word,

    // From weight_format, of the weight that begins.
    input wire [3:0] fields,
    input wire [2:0] count_bits,

    // From token_pointer, of this slot's token.
    input wire [6:0] token_at,  // its first bit in {word held, previous word}
    input wire [2:0] position_bits,

    output wire [7:0] token,  // valid, negative, last, 0, position[3:0]
    output wire       more    // tokens are left after this one
);

  // A code of 61 bits, or 44 of signed digits, is the longest, so no code uses the bits below.
  localparam LOWEST = SIGNED_DIGIT != 0 ? 21 : 4;

  reg [63:0] word;
  reg [63:LOWEST] previous;
  reg [3:0] left;  // tokens not yet performed
  reg negative;    // binary: of all of them

  wire [4:0] head;  // of the weight that begins: its number of tokens, and a sign above it
  stream_window #(
      .BITS(5)
  ) head_window (
      .low (word),
      .high(bank_word),
      .at  (at),
      .bits(head)
  );
  wire [4:0] field;  // of this slot's token: its position, and of signed digits a sign above it
  stream_window #(
      .BITS(5)
  ) field_window (
      .low ({previous, {LOWEST{1'b0}}}),
      .high(word),
      .at  (token_at),
      .bits(field)
  );

  // Of a count beyond the fields, those that exist are taken.
  wire [4:0] count_mask = (5'd1 << count_bits) - 5'd1;
  wire [3:0] stored_count = head[3:0] & count_mask[3:0];
  wire [3:0] count = stored_count < fields ? stored_count : fields;

  wire [4:0] position_mask = (5'd1 << position_bits) - 5'd1;
  wire [3:0] position = field[3:0] & position_mask[3:0];
  wire sign = SIGNED_DIGIT != 0 ? field[position_bits] : negative;
  wire valid = |left;
  assign more  = |left[3:1];
  assign token = valid ? {1'b1, sign, !more, 1'b0, position} : 8'd0;

  always @(posedge clk) begin
    if (used && begin_step && read) begin
      word <= bank_word;
      previous <= word[63:LOWEST];
    end
    if (begin_step) begin
      left <= used ? count : 4'd0;
      negative <= head[count_bits];
    end else if (take && valid) begin
      left <= left - 4'd1;
    end
  end

endmodule

`default_nettype wire
