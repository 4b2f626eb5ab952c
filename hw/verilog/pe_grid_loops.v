// pe_grid.v as loops over two memories instead of ROWS x COLUMNS instances: the same accumulators and shadow
// registers at the same edges. It shifts when it adds, so it takes the slot that is added, activations
// included. For simulators that turn a loop into a loop; synthesis takes pe_grid.v, and Yosys would unroll this
// file when it reads it (leave it out, or `read_verilog -defer`).
`default_nettype none

module pe_grid_loops #(
    parameter ROWS                = 32,
    parameter COLUMNS             = 32,
    parameter ACCUMULATOR_BITS_8  = 32,
    parameter ACCUMULATOR_BITS_16 = 48,
    parameter STORAGE_BITS        = 64
) (
    input wire clk,

    input wire                    perform,
    input wire                    clear,
    input wire                    save,
    input wire                    wide,
    input wire [             8:0] rows,
    input wire [             9:0] lanes,
    input wire [      8*ROWS-1:0] token,
    input wire [  18*COLUMNS-1:0] activation,

    input  wire [                     7:0] drain_row,
    output reg  [STORAGE_BITS*COLUMNS-1:0] drain_shadow
);

  `include "shift_add.vh"

  localparam LOW = ACCUMULATOR_BITS_8;

  reg [STORAGE_BITS-1:0] accumulator[0:ROWS*COLUMNS-1];
  reg [STORAGE_BITS-1:0] shadow     [0:ROWS*COLUMNS-1];

  // Blocking, for Verilator knows no non-blocking assignment to a memory within a loop. Nobody but this
  // block reads `accumulator`, and `shadow` is read for a row that is not saved at this edge or is read
  // before it.
  integer row, column, at;
  reg [STORAGE_BITS-1:0] sum;
  reg [7:0] row_token;
  reg low, high;
  always @(posedge clk) begin
    if (perform) begin
      for (row = 0; row < ROWS; row = row + 1) begin
        row_token = token[8*row+:8];
        if (row < rows) begin
          if (clear) begin
            for (column = 0; column < COLUMNS; column = column + 1)
              accumulator[row*COLUMNS+column] = {STORAGE_BITS{1'b0}};
          end
          if (row_token[7]) begin
            for (column = 0; column < COLUMNS; column = column + 1) begin
              at = row * COLUMNS + column;
              low = column < lanes;
              high = wide ? low : column + COLUMNS < lanes;
              sum = add(accumulator[at], wide, row_token[6],
                        shift(wide, row_token[6], row_token[3:0], activation[18*column+:18]));
              if (high) accumulator[at] = sum;
              else if (low) accumulator[at] = {accumulator[at][STORAGE_BITS-1:LOW], sum[LOW-1:0]};
            end
          end
          if (save) begin
            for (column = 0; column < COLUMNS; column = column + 1)
              shadow[row*COLUMNS+column] = accumulator[row*COLUMNS+column];
          end
        end
      end
    end
  end

  integer i;
  always @* begin
    for (i = 0; i < COLUMNS; i = i + 1)
      drain_shadow[STORAGE_BITS*i+:STORAGE_BITS] = shadow[drain_row*COLUMNS+i];
  end

endmodule

`default_nettype wire
