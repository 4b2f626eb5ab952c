// The sum of a PE after one token. Included by modules that have the parameters ACCUMULATOR_BITS_8 and
// STORAGE_BITS. docs/numbers.md, "Sums".
//
// 8-bit lanes: the low one keeps its sum in bits ACCUMULATOR_BITS_8 - 1..0, the high one in those above; no
// carry passes between them. 16-bit lane: one sum from bit 0 on. Each wraps at its width.
function [STORAGE_BITS-1:0] shift_add;
  input [STORAGE_BITS-1:0] sum;
  input one_lane;            // one 16-bit lane instead of two 8-bit lanes
  input negative;
  input [3:0] position;
  input [17:0] lane;        // lanes of 9 bits, the low one first; or one of 16 bits

  reg [STORAGE_BITS-1:0] one;                           // addend of a 16-bit lane
  reg [ACCUMULATOR_BITS_8-1:0] low;                     // addends of 8-bit lanes
  reg [STORAGE_BITS-ACCUMULATOR_BITS_8-1:0] high;
  reg [STORAGE_BITS-1:0] addend;
  reg carry;
  begin
    one = {{(STORAGE_BITS - 16) {lane[15]}}, lane[15:0]} << position;
    low = {{(ACCUMULATOR_BITS_8 - 9) {lane[8]}}, lane[8:0]} << position;
    high = {{(STORAGE_BITS - ACCUMULATOR_BITS_8 - 9) {lane[17]}}, lane[17:9]} << position;
    // - x is ~x + 1.
    addend = (one_lane ? one : {high, low}) ^ {STORAGE_BITS{negative}};
    {carry, low} = {1'b0, sum[ACCUMULATOR_BITS_8-1:0]} + {1'b0, addend[ACCUMULATOR_BITS_8-1:0]} +
        {{ACCUMULATOR_BITS_8{1'b0}}, negative};
    high = sum[STORAGE_BITS-1:ACCUMULATOR_BITS_8] + addend[STORAGE_BITS-1:ACCUMULATOR_BITS_8] +
        {{(STORAGE_BITS - ACCUMULATOR_BITS_8 - 1) {1'b0}}, one_lane ? carry : negative};
    shift_add = {high, low};
  end
endfunction
