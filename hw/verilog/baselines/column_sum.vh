// The sum of a bit column in a register. The next cycle moves it to the bit's position and adds it to the
// accumulator, or subtracts it. Included by modules that have `chosen`, SIGN_COLUMN, TREE_BITS and
// POSITION_BITS, and the ports and SUM_BITS of sum_register.
localparam ADDEND_BITS = TREE_BITS + (1 << POSITION_BITS);

reg [TREE_BITS-1:0] column;
always @(posedge clk) column <= chosen;

wire signed [ADDEND_BITS-1:0] extended = {{(ADDEND_BITS - TREE_BITS) {column[TREE_BITS-1]}}, column};
wire signed [ADDEND_BITS-1:0] moved = extended <<< position;

sum_register #(
    .SUM_BITS   (SUM_BITS),
    .ADDEND_BITS(ADDEND_BITS)
) total (
    .clk        (clk),
    .perform    (perform),
    .clear      (clear),
    .save       (save),
    .negate     (SIGN_COLUMN && negate),
    .addend     (moved),
    .accumulator(accumulator),
    .shadow     (shadow)
);
