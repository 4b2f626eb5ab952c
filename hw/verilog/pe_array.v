// R x C PEs, output-stationary, with shadow registers from which a tile drains while the next one computes.
// docs/units/pe_array.md: in each slot every used row with a token adds or subtracts its shifted activations.
// Stands between weight encoder and activation buffer on one side and post-processor on the other.
`default_nettype none

module pe_array #(
    parameter ROWS                = 32,  // 1 to 256
    parameter COLUMNS             = 32,  // 1 to 256
    parameter ACCUMULATOR_BITS_8  = 32,  // 16 to 32
    parameter ACCUMULATOR_BITS_16 = 48,  // 24 to 48
    parameter PE_STAGES           = 1,   // 2: a register between shifter and adder of a PE
    parameter LOOPS               = 0,   // 1: pe_grid_loops.v, for simulation
    // Derived.
    parameter STORAGE_BITS        = 2 * ACCUMULATOR_BITS_8 > ACCUMULATOR_BITS_16 ?
                                    2 * ACCUMULATOR_BITS_8 : ACCUMULATOR_BITS_16,
    parameter VALUE_BITS          = ACCUMULATOR_BITS_8 > ACCUMULATOR_BITS_16 ?
                                    ACCUMULATOR_BITS_8 : ACCUMULATOR_BITS_16
) (
    input wire clk,
    input wire rst,  // synchronous, active high

    // From the weight encoder: a token per row, or a bubble. `ready` says that the item is taken at this edge.
    input  wire              slots_valid,
    output wire              slots_ready,
    input  wire              slots_bubble,           // no slot; the other fields mean nothing
    input  wire              slots_first_of_step,    // takes the next activations
    input  wire              slots_first_of_tile,
    input  wire              slots_last_of_tile,
    input  wire              slots_last_of_command,
    input  wire              slots_wide,             // one 16-bit lane per PE
    input  wire              slots_clear,            // with first_of_tile: used rows start from 0
    input  wire              slots_drain,            // with last_of_tile: the sums leave
    input  wire [       8:0] slots_rows,             // used rows
    input  wire [       9:0] slots_lanes,            // active lanes
    input  wire [8*ROWS-1:0] slots_token,            // per row: valid, negative, last, position[4:0]

    // From the activation buffer: per column two lanes of 9 bits, the low one first, or one of 16 bits.
    input  wire                  vectors_valid,
    output wire                  vectors_ready,
    input  wire [18*COLUMNS-1:0] vectors_activation,

    // To the post-processor: up to COLUMNS sums of one row, sign-extended.
    output wire                          beats_valid,
    input  wire                          beats_ready,
    output wire [                   7:0] beats_row,
    output wire [                   8:0] beats_first_lane,
    output wire [                   8:0] beats_lanes,
    output wire                          beats_last_of_tile,
    output reg  [VALUE_BITS*COLUMNS-1:0] beats_value,

    // To the tile sequencer: the last slot of a command is performed at this edge. Only raised when ready.
    output wire last_slots_valid,
    input  wire last_slots_ready,

    // What the array does at this edge, for the accounts: at most one is high.
    output wire busy,
    output wire bank_conflict,
    output wire drain_wait,
    output wire stalled
);

  localparam [9:0] LANES_PER_BEAT = COLUMNS[9:0];

  // Drain.
  reg [9:0] beats_left;
  reg [7:0] drain_row;
  reg [8:0] drain_first_lane;
  reg       drain_wide;
  reg [9:0] drain_lanes;

  wire [9:0] drain_rest = drain_lanes - {1'b0, drain_first_lane};
  wire drain_row_ends = drain_rest <= LANES_PER_BEAT;

  assign beats_valid = beats_left != 10'd0;
  assign beats_row = drain_row;
  assign beats_first_lane = drain_first_lane;
  assign beats_lanes = drain_row_ends ? drain_rest[8:0] : LANES_PER_BEAT[8:0];
  assign beats_last_of_tile = beats_left == 10'd1;
  wire beat_leaves = beats_valid && beats_ready;
  wire shadow_free = !beats_valid || (beat_leaves && beats_last_of_tile);

  // Slot.
  reg mid_command;  // between the first and the last slot of a command
  reg [18*COLUMNS-1:0] activation;  // of the step

  wire slot_waits = slots_valid && !slots_bubble;
  wire drains = slots_last_of_tile && (slots_drain || slots_last_of_command);
  wire vector_missing = slots_first_of_step && !vectors_valid;
  wire shadow_missing;  // when its sums are made
  wire last_slot_missing = slots_last_of_command && !last_slots_ready;
  wire sum_waits;  // of the slot before: nothing leaves the shadow registers
  wire perform = slot_waits && !sum_waits && !vector_missing && !shadow_missing && !last_slot_missing;
  wire bubble = slots_valid && slots_bubble && !sum_waits;

  assign slots_ready = perform || bubble;
  assign vectors_ready = perform && slots_first_of_step;
  assign last_slots_valid = perform && slots_last_of_command;

  assign busy = perform;
  assign bank_conflict = mid_command && bubble;
  assign drain_wait = sum_waits || (slot_waits && !vector_missing && shadow_missing);
  assign stalled = mid_command && !perform && !bank_conflict && !drain_wait;

  wire [18*COLUMNS-1:0] step_activation = slots_first_of_step ? vectors_activation : activation;

  // The slot that is added: the one that is taken or, with two stages, the one before.
  wire add, sum_clear, sum_drains, sum_drain, sum_wide;
  wire [8:0] sum_rows;
  wire [9:0] sum_lanes;
  wire [8*ROWS-1:0] sum_token;
  wire [18*COLUMNS-1:0] sum_activation;
  localparam SLOT_BITS = 4 + 9 + 10 + 8 * ROWS + 18 * COLUMNS;
  wire [SLOT_BITS-1:0] taken = {
    slots_first_of_tile && slots_clear, drains, slots_drain, slots_wide, slots_rows, slots_lanes, slots_token,
    step_activation
  };
  wire [SLOT_BITS-1:0] added;
  assign {sum_clear, sum_drains, sum_drain, sum_wide, sum_rows, sum_lanes, sum_token, sum_activation} = added;
  wire save = sum_drains && sum_drain;
  wire two_beats_per_row = sum_lanes > LANES_PER_BEAT;
  // A command that does not drain sends an empty beat, so that completions keep their order.
  wire [9:0] sum_beats = !sum_drain ? 10'd1 : two_beats_per_row ? {sum_rows, 1'b0} : {1'b0, sum_rows};
  wire [9:0] next_beats_left = add && sum_drains ? sum_beats : beats_left - {9'd0, beat_leaves};
  generate
    if (PE_STAGES == 1) begin : g_one_stage
      assign added = taken;
      assign add = perform;
      assign sum_waits = 1'b0;
      assign shadow_missing = drains && !shadow_free;
    end else begin : g_two_stages
      reg held_valid;
      reg [SLOT_BITS-1:0] held;
      assign added = held;
      assign sum_waits = held_valid && sum_drains && !shadow_free;
      assign add = held_valid && !sum_waits;
      // At the next edge the last beat can leave.
      assign shadow_missing = drains && next_beats_left > 10'd1;
      always @(posedge clk) begin
        if (perform) held <= taken;
        if (rst) held_valid <= 1'b0;
        else if (!sum_waits) held_valid <= perform;
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (vectors_ready) activation <= vectors_activation;

    if (beat_leaves) begin
      drain_row <= drain_row + {7'd0, drain_row_ends};
      drain_first_lane <= drain_row_ends ? 9'd0 : LANES_PER_BEAT[8:0];
    end
    if (add && sum_drains) begin
      drain_row <= 8'd0;
      drain_first_lane <= 9'd0;
      drain_wide <= sum_wide;
      drain_lanes <= sum_drain ? sum_lanes : 10'd0;
    end

    if (rst) begin
      beats_left <= 10'd0;
      mid_command <= 1'b0;
    end else begin
      beats_left <= next_beats_left;
      if (perform) mid_command <= !slots_last_of_command;
    end
  end

  wire [STORAGE_BITS*COLUMNS-1:0] drain_shadow;
  generate
    if (LOOPS != 0) begin : g_loops
      pe_grid_loops #(
          .ROWS               (ROWS),
          .COLUMNS            (COLUMNS),
          .ACCUMULATOR_BITS_8 (ACCUMULATOR_BITS_8),
          .ACCUMULATOR_BITS_16(ACCUMULATOR_BITS_16),
          .STORAGE_BITS       (STORAGE_BITS)
      ) grid (
          .clk         (clk),
          .perform     (add),
          .clear       (sum_clear),
          .save        (save),
          .wide        (sum_wide),
          .rows        (sum_rows),
          .lanes       (sum_lanes),
          .token       (sum_token),
          .activation  (sum_activation),
          .drain_row   (drain_row),
          .drain_shadow(drain_shadow)
      );
    end else begin : g_instances
      pe_grid #(
          .STAGES             (PE_STAGES),
          .ROWS               (ROWS),
          .COLUMNS            (COLUMNS),
          .ACCUMULATOR_BITS_8 (ACCUMULATOR_BITS_8),
          .ACCUMULATOR_BITS_16(ACCUMULATOR_BITS_16),
          .STORAGE_BITS       (STORAGE_BITS)
      ) grid (
          .clk         (clk),
          .take        (perform),
          .wide        (slots_wide),
          .token       (slots_token),
          .activation  (step_activation),
          .perform     (add),
          .clear       (sum_clear),
          .save        (save),
          .sum_wide    (sum_wide),
          .rows        (sum_rows),
          .lanes       (sum_lanes),
          .sum_token   (sum_token),
          .drain_row   (drain_row),
          .drain_shadow(drain_shadow)
      );
    end
  endgenerate

  // One lane of each PE of the row.
  wire drain_high = !drain_wide && drain_first_lane != 9'd0;
  reg [STORAGE_BITS-1:0] sum;
  integer column;
  always @* begin
    for (column = 0; column < COLUMNS; column = column + 1) begin
      sum = drain_shadow[STORAGE_BITS*column+:STORAGE_BITS];
      beats_value[VALUE_BITS*column+:VALUE_BITS] =
          drain_wide ? {{(VALUE_BITS - ACCUMULATOR_BITS_16 + 1) {sum[ACCUMULATOR_BITS_16-1]}},
                        sum[ACCUMULATOR_BITS_16-2:0]} :
          drain_high ? {{(VALUE_BITS - ACCUMULATOR_BITS_8 + 1) {sum[2*ACCUMULATOR_BITS_8-1]}},
                        sum[2*ACCUMULATOR_BITS_8-2:ACCUMULATOR_BITS_8]} :
                       {{(VALUE_BITS - ACCUMULATOR_BITS_8 + 1) {sum[ACCUMULATOR_BITS_8-1]}},
                        sum[ACCUMULATOR_BITS_8-2:0]};
    end
  end

endmodule

`default_nettype wire
