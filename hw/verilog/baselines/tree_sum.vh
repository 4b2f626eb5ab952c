// The tree's sum in a register, which the next cycle adds to the accumulator. Included by modules that have
// `tree`, TREE_BITS, and the ports and SUM_BITS of sum_register but `negate`.
reg [TREE_BITS-1:0] group;
always @(posedge clk) group <= tree;

sum_register #(
    .SUM_BITS   (SUM_BITS),
    .ADDEND_BITS(TREE_BITS)
) total (
    .clk        (clk),
    .perform    (perform),
    .clear      (clear),
    .save       (save),
    .negate     (1'b0),
    .addend     (group),
    .accumulator(accumulator),
    .shadow     (shadow)
);
