// Weight encoder: all rows' tokens, one slot per cycle, then bubbles while the next step's reads last longer.
// docs/units/weight_encoder.md, docs/timing.md. It paces the PE array and the activation buffer. Tokens
// beyond nnzb are not performed.
//
// A word is read from each bank at the edge that needs it: `weights_address` is valid in the cycle before,
// and `weights_data` answers in that cycle.
`default_nettype none

module weight_encoder #(
    parameter ROWS          = 32,  // 1 to 256
    parameter GROUP_MAX     = 0,   // synchronization: 0 balanced, 1 group_max
    parameter SIGNED_DIGIT  = 0,   // token form: 0 binary, 1 signed digit
    parameter STORED_TOKENS = 0    // weight storage: 0 dense, 1 tokens
) (
    input wire clk,
    input wire rst,  // synchronous, active high

    // From the tile sequencer.
    input  wire        tiles_valid,
    output wire        tiles_ready,
    input  wire        tiles_last_of_command,
    input  wire        tiles_wide,
    input  wire        tiles_clear,
    input  wire        tiles_drain,
    input  wire [ 8:0] tiles_rows,
    input  wire [ 9:0] tiles_lanes,
    input  wire [ 9:0] tiles_conflicts,       // cycles of a step's reads, at least 1
    input  wire [31:0] tiles_steps,           // at least 1
    input  wire [31:0] tiles_weight_address,  // of the stream in each bank, bytes
    input  wire [ 4:0] tiles_weight_bits,
    input  wire [ 3:0] tiles_nnzb,

    // Of the weight buffer: the word at one address of every bank.
    output wire [       31:0] weights_address,  // bytes
    output wire               weights_read,
    input  wire [64*ROWS-1:0] weights_data,

    // To the activation buffer: read the next step.
    output wire fetches_valid,
    input  wire fetches_ready,
    output wire fetches_first_of_tile,

    // To the PE array.
    output wire              slots_valid,
    input  wire              slots_ready,
    output wire              slots_bubble,
    output wire              slots_first_of_step,
    output wire              slots_first_of_tile,
    output wire              slots_last_of_tile,
    output wire              slots_last_of_command,
    output wire              slots_wide,
    output wire              slots_clear,
    output wire              slots_drain,
    output wire [       8:0] slots_rows,
    output wire [       9:0] slots_lanes,
    output wire [8*ROWS-1:0] slots_token
);

  // The tile under way.
  reg running;
  reg last_of_command, wide, clear, drain;
  reg [ 8:0] rows;
  reg [ 9:0] lanes, conflicts;
  reg [31:0] steps;
  reg [ 4:0] weight_bits;
  reg [ 3:0] nnzb;

  reg [31:0] step;
  reg [ 9:0] wait_cycles;     // until the first slot of a command
  reg [ 9:0] items;           // slots and bubbles of this step so far
  reg        tokens_done;     // all slots of this step are out
  reg        fetch_due;       // the next step is not fetched yet
  reg [ 9:0] next_conflicts;  // cycles that the next step's reads take; 0: there is none

  reg [31:0] address;         // of the word after the one held
  reg [ 6:0] at;              // first bit of the held word that no step has taken; 64: none is left

  wire last_step = step + 32'd1 == steps;
  wire active = running && wait_cycles <= 10'd1;

  // Fetch of the next step: due with the first slot of this one.
  wire more_steps = !(last_step && last_of_command);
  wire fetch_possible = fetches_ready && (!last_step || tiles_valid);
  wire [9:0] offered_conflicts = last_step ? tiles_conflicts : conflicts;
  wire fetch_late = active && fetch_due && fetch_possible;
  wire over_late = fetch_late && tokens_done && items >= offered_conflicts;

  // Slot or bubble.
  assign slots_valid = active && !over_late && (!tokens_done || !fetch_due || fetch_late);
  assign slots_bubble = tokens_done;
  wire item = slots_valid && slots_ready;
  wire slot = item && !slots_bubble;
  wire first_slot = slot && items == 10'd0;
  wire fetch_first = first_slot && more_steps && fetch_possible;
  wire [9:0] items_next = items + 10'd1;

  wire [ROWS-1:0] row_more;
  wire limit_reached = items_next == {6'd0, nnzb};
  wire slots_end = GROUP_MAX != 0 ? !(|row_more) || limit_reached : limit_reached;

  wire tokens_done_next = tokens_done || (slot && slots_end);
  wire fetch_due_next = (fetch_due && !fetch_late) || (first_slot && more_steps && !fetch_possible);
  wire [9:0] next_conflicts_next =
      fetch_late || fetch_first ? offered_conflicts : first_slot && !more_steps ? 10'd0 : next_conflicts;
  wire over = over_late || (item && tokens_done_next && !fetch_due_next && items_next >= next_conflicts_next);

  // Steps and tiles.
  wire begin_command = !running && tiles_valid && fetches_ready;
  wire begin_tile = begin_command || (over && last_step && !last_of_command);
  wire begin_step = begin_tile || (over && !last_step);

  assign tiles_ready = begin_tile;
  assign fetches_valid = (!running && tiles_valid) ||
      (active && (fetch_due || (first_slot && more_steps)) && (!last_step || tiles_valid));
  assign fetches_first_of_tile = !running || last_step;

  assign slots_first_of_step = items == 10'd0;
  assign slots_first_of_tile = slots_first_of_step && step == 32'd0;
  assign slots_last_of_tile = slots_end && last_step;
  assign slots_last_of_command = slots_last_of_tile && last_of_command;
  assign slots_wide = wide;
  assign slots_clear = clear;
  assign slots_drain = drain;
  assign slots_rows = rows;
  assign slots_lanes = lanes;

  // The stream. A tile begins with a word of its own.
  wire [6:0] from = begin_tile ? 7'd64 : at;
  wire [6:0] code_bits;
  wire [3:0] magnitude_bits, fields;
  wire [2:0] count_bits, position_bits;
  weight_format #(
      .SIGNED_DIGIT (SIGNED_DIGIT),
      .STORED_TOKENS(STORED_TOKENS)
  ) format (
      .weight_bits   (begin_tile ? tiles_weight_bits : weight_bits),
      .nnzb          (begin_tile ? tiles_nnzb : nnzb),
      .code_bits     (code_bits),
      .magnitude_bits(magnitude_bits),
      .fields        (fields),
      .count_bits    (count_bits),
      .position_bits (position_bits)
  );
  wire [7:0] end_bit = {1'b0, from} + {1'b0, code_bits};
  wire read = end_bit > 8'd64;
  assign weights_address = begin_tile ? tiles_weight_address : address;
  assign weights_read = begin_step && read;

  wire [8:0] tile_rows = begin_tile ? tiles_rows : rows;
  genvar row;
  generate
    if (STORED_TOKENS != 0) begin : g_tokens
      wire [6:0] token_at;
      wire [2:0] token_position_bits;
      token_pointer #(
          .SIGNED_DIGIT(SIGNED_DIGIT)
      ) pointer (
          .clk               (clk),
          .begin_step        (begin_step),
          .read              (read),
          .take              (slot),
          .at                (from),
          .count_bits        (count_bits),
          .next_position_bits(position_bits),
          .token_at          (token_at),
          .position_bits     (token_position_bits)
      );
      for (row = 0; row < ROWS; row = row + 1) begin : g_row
        token_row #(
            .SIGNED_DIGIT(SIGNED_DIGIT)
        ) encoder (
            .clk          (clk),
            .used         (row < tile_rows),
            .begin_step   (begin_step),
            .read         (read),
            .take         (slot),
            .at           (from),
            .bank_word    (weights_data[64*row+:64]),
            .fields       (fields),
            .count_bits   (count_bits),
            .token_at     (token_at),
            .position_bits(token_position_bits),
            .token        (slots_token[8*row+:8]),
            .more         (row_more[row])
        );
      end
    end else begin : g_dense
      for (row = 0; row < ROWS; row = row + 1) begin : g_row
        encoder_row #(
            .SIGNED_DIGIT(SIGNED_DIGIT)
        ) encoder (
            .clk           (clk),
            .used          (row < tile_rows),
            .begin_step    (begin_step),
            .read          (read),
            .take          (slot),
            .at            (from),
            .bank_word     (weights_data[64*row+:64]),
            .magnitude_bits(magnitude_bits),
            .token         (slots_token[8*row+:8]),
            .more          (row_more[row])
        );
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (begin_tile) begin
      last_of_command <= tiles_last_of_command;
      wide <= tiles_wide;
      clear <= tiles_clear;
      drain <= tiles_drain;
      rows <= tiles_rows;
      lanes <= tiles_lanes;
      conflicts <= tiles_conflicts;
      steps <= tiles_steps;
      weight_bits <= tiles_weight_bits;
      nnzb <= tiles_nnzb;
    end
    if (begin_step) begin
      step <= begin_tile ? 32'd0 : step + 32'd1;
      at <= read ? end_bit[6:0] - 7'd64 : end_bit[6:0];
      if (read) address <= weights_address + 32'd8;
    end

    if (rst) begin
      running <= 1'b0;
      wait_cycles <= 10'd0;
      items <= 10'd0;
      tokens_done <= 1'b0;
      fetch_due <= 1'b0;
      next_conflicts <= 10'd0;
    end else begin
      if (begin_command) begin
        running <= 1'b1;
        wait_cycles <= tiles_conflicts;
      end else begin
        if (over && last_step && last_of_command) running <= 1'b0;
        if (running && !active) wait_cycles <= wait_cycles - 10'd1;
      end
      if (begin_step) begin
        items <= 10'd0;
        tokens_done <= 1'b0;
      end else begin
        if (item) items <= items_next;
        tokens_done <= tokens_done_next;
      end
      fetch_due <= fetch_due_next;
      next_conflicts <= next_conflicts_next;
    end
  end

endmodule

`default_nettype wire
