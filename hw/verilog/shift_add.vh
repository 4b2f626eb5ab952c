// What a token adds to the sums of a PE, and the sums after it. Included by modules that have the parameters
// ACCUMULATOR_BITS_8 and STORAGE_BITS. docs/numbers.md, "Sums".
//
// 8-bit lanes: the low one keeps its sum in bits ACCUMULATOR_BITS_8 - 1..0, the high one in those above; no
// carry passes between them. 16-bit lane: one sum from bit 0 on. Each wraps at its width. Both widths share
// two shifters of 9 bits: those of a 16-bit lane shift its upper byte, with its sign, and its lower byte.
function [STORAGE_BITS-1:0] shift;
  input one_lane;            // one 16-bit lane instead of two 8-bit lanes
  input negative;            // the complement; `add` completes it
  input [3:0] position;
  input [17:0] lane;         // lanes of 9 bits, the low one first; or one of 16 bits

  reg [8:0] low_lane, high_lane;
  reg [STORAGE_BITS-1:0] low;
  reg [STORAGE_BITS-9:0] high;
  reg [STORAGE_BITS-1:0] addend;
  begin
    low_lane = one_lane ? {1'b0, lane[7:0]} : lane[8:0];
    high_lane = one_lane ? {lane[15], lane[15:8]} : lane[17:9];
    low = {{(STORAGE_BITS - 9) {low_lane[8]}}, low_lane} << position;
    high = {{(STORAGE_BITS - 17) {high_lane[8]}}, high_lane} << position;
    // The lower byte ends where the upper one begins.
    addend = one_lane ? {high, 8'd0} | low :
                        {high[STORAGE_BITS-ACCUMULATOR_BITS_8-1:0], low[ACCUMULATOR_BITS_8-1:0]};
    shift = addend ^ {STORAGE_BITS{negative}};  // - x is ~x + 1
  end
endfunction

function [STORAGE_BITS-1:0] add;
  input [STORAGE_BITS-1:0] sum;
  input one_lane;
  input negative;
  input [STORAGE_BITS-1:0] addend;

  reg [ACCUMULATOR_BITS_8-1:0] low_sum;
  reg [STORAGE_BITS-ACCUMULATOR_BITS_8-1:0] high_sum;
  reg carry;
  begin
    {carry, low_sum} = {1'b0, sum[ACCUMULATOR_BITS_8-1:0]} + {1'b0, addend[ACCUMULATOR_BITS_8-1:0]} +
        {{ACCUMULATOR_BITS_8{1'b0}}, negative};
    high_sum = sum[STORAGE_BITS-1:ACCUMULATOR_BITS_8] + addend[STORAGE_BITS-1:ACCUMULATOR_BITS_8] +
        {{(STORAGE_BITS - ACCUMULATOR_BITS_8 - 1) {1'b0}}, one_lane ? carry : negative};
    add = {high_sum, low_sum};
  end
endfunction
