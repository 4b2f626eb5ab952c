// Post-processor: bias, rescaling, residual operand, clipping and fused max pooling of drained sums.
// docs/units/post_processor.md, docs/numbers.md, "Requantization". Three stages, one beat per cycle:
// parameter read, multiply, clamp and write. Stands between the PE array and the output buffer.
// The clocked unit has more: tables of functions, and stages that cut multiply and clamp.
`default_nettype none

module post_processor #(
    parameter COLUMNS             = 32,  // 1 to 256; results of a beat
    parameter ACCUMULATOR_BITS_8  = 32,
    parameter ACCUMULATOR_BITS_16 = 48,
    parameter VALUE_BITS          = ACCUMULATOR_BITS_8 > ACCUMULATOR_BITS_16 ?
                                    ACCUMULATOR_BITS_8 : ACCUMULATOR_BITS_16  // derived
) (
    input wire clk,
    input wire rst,  // synchronous, active high

    // From the tile sequencer: where a tile goes. Lanes in order; an address of all ones is dropped.
    input  wire                  targets_valid,
    output wire                  targets_ready,
    input  wire                  targets_last_of_command,
    input  wire [          15:0] targets_parameter,      // entry of row 0
    input  wire [64*COLUMNS-1:0] targets_address,        // of row 0, elements
    input  wire [ 2*COLUMNS-1:0] targets_first_of_pool,  // writes instead of taking the maximum
    input  wire [          31:0] targets_row_pitch,      // elements between rows
    input  wire                  targets_wide,
    input  wire                  targets_output_signed,
    input  wire                  targets_pooled,
    input  wire                  targets_operand,
    input  wire                  targets_operand_signed,
    input  wire [          15:0] targets_operand_multiplier,
    input  wire [           5:0] targets_operand_shift,
    input  wire [          15:0] targets_clip_low,
    input  wire [          15:0] targets_clip_high,

    // From the PE array.
    input  wire                          beats_valid,
    output wire                          beats_ready,
    input  wire [                   7:0] beats_row,
    input  wire [                   8:0] beats_first_lane,
    input  wire [                   8:0] beats_lanes,
    input  wire                          beats_last_of_tile,
    input  wire [VALUE_BITS*COLUMNS-1:0] beats_value,

    // Of the parameter buffer, which answers in the same cycle.
    output wire        parameters_read,
    output wire [15:0] parameters_entry,
    input  wire [63:0] parameters_bias,
    input  wire [15:0] parameters_multiplier,
    input  wire [ 5:0] parameters_shift,

    // Of the output buffer: per result a read, answered in the same cycle, and a write of the same element.
    output reg  [   COLUMNS-1:0] outputs_read,
    output reg  [   COLUMNS-1:0] outputs_write,
    output reg  [32*COLUMNS-1:0] outputs_address,  // elements
    output wire                  outputs_wide,     // 16-bit elements
    input  wire [16*COLUMNS-1:0] outputs_read_data,
    output reg  [16*COLUMNS-1:0] outputs_write_data,

    // To the controller: the last result of a command is written at this edge. Only raised when ready.
    output wire completions_valid,
    input  wire completions_ready
);

  localparam DROPPED = 32'hffffffff;

  // Half of 2^shift: what rounds a right shift to nearest.
  function [63:0] half;
    input [5:0] shift;
    half = shift == 6'd0 ? 64'd0 : 64'd1 << (shift - 6'd1);
  endfunction

  // An element of the output buffer as a number.
  function signed [63:0] element;
    input wide;
    input is_signed;
    input [15:0] bits;
    element = wide ? {{48{bits[15]}}, bits} : {{56{is_signed && bits[7]}}, bits[7:0]};
  endfunction

  // Three beats can be of three tiles; the fourth place takes the next target meanwhile. The clocked unit
  // has a fifth, for the beat whose table is read.
  reg                  target_last_of_command   [0:4];
  reg [          15:0] target_parameter         [0:4];
  reg [64*COLUMNS-1:0] target_address           [0:4];
  reg [ 2*COLUMNS-1:0] target_first_of_pool     [0:4];
  reg [          31:0] target_row_pitch         [0:4];
  reg                  target_wide              [0:4];
  reg                  target_output_signed     [0:4];
  reg                  target_pooled            [0:4];
  reg                  target_operand           [0:4];
  reg                  target_operand_signed    [0:4];
  reg [          15:0] target_operand_multiplier[0:4];
  reg [           5:0] target_operand_shift     [0:4];
  reg [          15:0] target_clip_low          [0:4];
  reg [          15:0] target_clip_high         [0:4];
  reg                  target_valid;
  reg [           2:0] target_slot;  // of the tile whose beats are coming

  // Stage 1 to 2: accumulators with their parameters.
  reg                          fetched_valid, fetched_last_of_tile;
  reg [                   2:0] fetched_slot;
  reg [                   7:0] fetched_row;
  reg [                   8:0] fetched_first_lane, fetched_lanes;
  reg [                  63:0] fetched_bias;
  reg [                  15:0] fetched_multiplier;
  reg [                   5:0] fetched_shift;
  reg [VALUE_BITS*COLUMNS-1:0] fetched_value;

  // Stage 2 to 3: products.
  reg                          scaled_valid, scaled_last_of_tile;
  reg [                   2:0] scaled_slot;
  reg [                   7:0] scaled_row;
  reg [                   8:0] scaled_first_lane, scaled_lanes;
  reg [                   5:0] scaled_shift;
  reg [        64*COLUMNS-1:0] scaled_value;

  // A full completion channel holds the whole pipeline.
  wire completes = scaled_valid && scaled_last_of_tile && target_last_of_command[scaled_slot];
  wire hold = completes && !completions_ready;
  assign completions_valid = completes && completions_ready;

  // Stage 1: a beat, with the target that waits if it is the first of its tile.
  assign targets_ready = !hold && !target_valid;
  wire take_target = targets_valid && targets_ready;
  assign beats_ready = !hold && (target_valid || targets_valid);
  wire take_beat = beats_valid && beats_ready;
  wire [2:0] slot = !take_target ? target_slot : target_slot == 3'd4 ? 3'd0 : target_slot + 3'd1;
  assign parameters_read = take_beat && beats_lanes != 9'd0;
  assign parameters_entry = (take_target ? targets_parameter : target_parameter[target_slot]) + {8'd0, beats_row};

  // Stage 2.
  reg [64*COLUMNS-1:0] product;
  reg [63:0] sum;
  integer i;
  always @* begin
    for (i = 0; i < COLUMNS; i = i + 1) begin
      sum = {{(64 - VALUE_BITS) {fetched_value[VALUE_BITS*i+VALUE_BITS-1]}}, fetched_value[VALUE_BITS*i+:VALUE_BITS]} +
          fetched_bias;
      // Wraps at the accumulator's width.
      sum = target_wide[fetched_slot] ?
          {{(64 - ACCUMULATOR_BITS_16) {sum[ACCUMULATOR_BITS_16-1]}}, sum[ACCUMULATOR_BITS_16-1:0]} :
          {{(64 - ACCUMULATOR_BITS_8) {sum[ACCUMULATOR_BITS_8-1]}}, sum[ACCUMULATOR_BITS_8-1:0]};
      product[64*i+:64] = sum * {48'd0, fetched_multiplier} + half(fetched_shift);
    end
  end

  // Stage 3. Lanes of one beat can be of one pooling window: a lane takes the maximum with the latest lane
  // before it that has its address, and only the last of them writes.
  wire wide = target_wide[scaled_slot];
  wire operand = target_operand[scaled_slot];
  wire pooled = target_pooled[scaled_slot];
  wire [31:0] row_offset = {24'd0, scaled_row} * target_row_pitch[scaled_slot];
  assign outputs_wide = wide;

  integer j, k;
  reg [8:0] lane;
  reg [31:0] base;
  reg [2*COLUMNS-1:0] first_of_pool;  // from the lane on
  reg combines;                       // with what stands at the result's place
  reg [15:0] held;  // what stands at the result's place
  reg signed [63:0] value, low, high;
  always @* begin
    low = {{48{target_clip_low[scaled_slot][15]}}, target_clip_low[scaled_slot]};
    high = {{48{target_clip_high[scaled_slot][15]}}, target_clip_high[scaled_slot]};
    outputs_read = {COLUMNS{1'b0}};
    outputs_write = {COLUMNS{1'b0}};
    outputs_address = {32 * COLUMNS{1'b0}};
    outputs_write_data = {16 * COLUMNS{1'b0}};
    lane = 9'd0;
    base = 32'd0;
    first_of_pool = {2 * COLUMNS{1'b0}};
    combines = 1'b0;
    held = 16'd0;
    value = 64'sd0;
    k = 0;
    for (j = 0; j < COLUMNS; j = j + 1) begin
      lane = scaled_first_lane + j[8:0];
      base = target_address[scaled_slot][32*lane+:32];
      outputs_address[32*j+:32] = base + row_offset;
      if (scaled_valid && !hold && j < scaled_lanes && base != DROPPED) begin
        held = outputs_read_data[16*j+:16];
        if (pooled) begin
          for (k = 0; k < j; k = k + 1) begin
            if (outputs_write[k] && outputs_address[32*k+:32] == outputs_address[32*j+:32]) begin
              held = outputs_write_data[16*k+:16];
              outputs_write[k] = 1'b0;
            end
          end
        end
        value = $signed(scaled_value[64*j+:64]) >>> scaled_shift;
        if (operand) begin
          value = value + ($signed(element(wide, target_operand_signed[scaled_slot], held) *
              $signed({48'd0, target_operand_multiplier[scaled_slot]}) +
              $signed(half(target_operand_shift[scaled_slot]))) >>> target_operand_shift[scaled_slot]);
        end
        first_of_pool = target_first_of_pool[scaled_slot] >> lane;
        combines = pooled && !first_of_pool[0];
        value = value < low ? low : value > high ? high : value;
        if (combines && element(wide, target_output_signed[scaled_slot], held) > value)
          value = element(wide, target_output_signed[scaled_slot], held);
        outputs_read[j] = operand || combines;
        outputs_write[j] = 1'b1;
        outputs_write_data[16*j+:16] = value[15:0];
      end
    end
  end

  always @(posedge clk) begin
    if (take_target) begin
      target_last_of_command[slot] <= targets_last_of_command;
      target_parameter[slot] <= targets_parameter;
      target_address[slot] <= targets_address;
      target_first_of_pool[slot] <= targets_first_of_pool;
      target_row_pitch[slot] <= targets_row_pitch;
      target_wide[slot] <= targets_wide;
      target_output_signed[slot] <= targets_output_signed;
      target_pooled[slot] <= targets_pooled;
      target_operand[slot] <= targets_operand;
      target_operand_signed[slot] <= targets_operand_signed;
      target_operand_multiplier[slot] <= targets_operand_multiplier;
      target_operand_shift[slot] <= targets_operand_shift;
      target_clip_low[slot] <= targets_clip_low;
      target_clip_high[slot] <= targets_clip_high;
    end
    if (take_beat) begin
      fetched_last_of_tile <= beats_last_of_tile;
      fetched_slot <= slot;
      fetched_row <= beats_row;
      fetched_first_lane <= beats_first_lane;
      fetched_lanes <= beats_lanes;
      fetched_value <= beats_value;
    end
    if (parameters_read) begin
      fetched_bias <= parameters_bias;
      fetched_multiplier <= parameters_multiplier;
      fetched_shift <= parameters_shift;
    end
    if (fetched_valid && !hold) begin
      scaled_last_of_tile <= fetched_last_of_tile;
      scaled_slot <= fetched_slot;
      scaled_row <= fetched_row;
      scaled_first_lane <= fetched_first_lane;
      scaled_lanes <= fetched_lanes;
      scaled_shift <= fetched_shift;
      scaled_value <= product;
    end

    if (rst) begin
      target_valid <= 1'b0;
      target_slot <= 3'd0;
      fetched_valid <= 1'b0;
      scaled_valid <= 1'b0;
    end else if (!hold) begin
      target_slot <= slot;
      target_valid <= (target_valid || take_target) && !(take_beat && beats_last_of_tile);
      fetched_valid <= take_beat;
      scaled_valid <= fetched_valid;
    end
  end

endmodule

`default_nettype wire
