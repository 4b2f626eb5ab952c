// One row of the weight encoder where weights are stored dense: takes a weight out of the row's stream, then its
// leading one in every slot. docs/units/weight_encoder.md. The control, common to all rows, is weight_encoder.v; the
// row for weights stored as tokens is token_row.v.
`default_nettype none

module encoder_row #(
    parameter SIGNED_DIGIT = 0
) (
    input wire clk,

    input wire        used,        // by the tile that begins or is under way
    input wire        begin_step,  // take the next weight
    input wire        read,        // ... and hold the bank's word, which it ends in or fills
    input wire        take,        // a slot: the token leaves
    input wire [ 6:0] at,          // first bit of {bank's word, word held} that no step has taken, 0 to 64
    input wire [63:0] bank_word,
    input wire [ 3:0] magnitude_bits,  // of weight_format

    output wire [7:0] token,  // valid, negative, last, 0, position[3:0]
    output wire       more    // tokens are left after this one
);

  reg [63:0] word;
  reg [15:0] ones, negatives;  // tokens not yet performed, a bit for each position, and their signs

  wire [15:0] code;
  stream_window #(
      .BITS(16)
  ) window (
      .low (word),
      .high(bank_word),
      .at  (at),
      .bits(code)
  );
  wire [15:0] next_ones, next_negatives;
  token_mask #(
      .SIGNED_DIGIT(SIGNED_DIGIT)
  ) tokens (
      .code          (code),
      .magnitude_bits(magnitude_bits),
      .ones          (next_ones),
      .negatives     (next_negatives)
  );

  reg [3:0] position;
  integer i;
  always @* begin
    position = 4'd0;
    for (i = 0; i < 16; i = i + 1) if (ones[i]) position = i[3:0];
  end
  wire valid = |ones;
  wire [15:0] rest = ones & ~(16'd1 << position);
  assign more = |rest;
  assign token = valid ? {1'b1, negatives[position], !more, 1'b0, position} : 8'd0;

  always @(posedge clk) begin
    if (used && begin_step && read) word <= bank_word;
    if (begin_step) begin
      ones <= used ? next_ones : 16'd0;
      negatives <= used ? next_negatives : 16'd0;
    end else if (take) begin
      ones <= rest;
    end
  end

endmodule

`default_nettype wire
