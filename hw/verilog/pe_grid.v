// The PEs of the array, row after row, and the shadow row that drains. docs/units/pe_array.md.
// Lanes c and c + COLUMNS belong to the PE in column c, so a beat takes one lane of each PE of a row.
`default_nettype none

module pe_grid #(
    parameter STAGES              = 1,   // of a PE
    parameter ROWS                = 32,  // 1 to 256
    parameter COLUMNS             = 32,  // 1 to 256
    parameter ACCUMULATOR_BITS_8  = 32,
    parameter ACCUMULATOR_BITS_16 = 48,
    parameter STORAGE_BITS        = 64   // as in pe.v
) (
    input wire clk,

    // The slot that is shifted.
    input wire                    take,
    input wire                    wide,
    input wire [      8*ROWS-1:0] token,  // per row: valid, negative, last, position[4:0]
    input wire [  18*COLUMNS-1:0] activation,

    // The slot that is added, by the first `rows` rows.
    input wire                    perform,
    input wire                    clear,
    input wire                    save,
    input wire                    sum_wide,
    input wire [             8:0] rows,
    input wire [             9:0] lanes,      // active ones
    input wire [      8*ROWS-1:0] sum_token,

    input  wire [                     7:0] drain_row,
    output wire [STORAGE_BITS*COLUMNS-1:0] drain_shadow  // of that row
);

  wire [STORAGE_BITS*COLUMNS*ROWS-1:0] accumulator;  // for whoever looks inside
  wire [STORAGE_BITS*COLUMNS*ROWS-1:0] shadow;

  genvar row, column;
  generate
    for (row = 0; row < ROWS; row = row + 1) begin : g_row
      for (column = 0; column < COLUMNS; column = column + 1) begin : g_column
        localparam AT = STORAGE_BITS * (row * COLUMNS + column);
        wire low = column < lanes;
        wire high = column + COLUMNS < lanes;
        pe #(
            .STAGES             (STAGES),
            .ACCUMULATOR_BITS_8 (ACCUMULATOR_BITS_8),
            .ACCUMULATOR_BITS_16(ACCUMULATOR_BITS_16),
            .STORAGE_BITS       (STORAGE_BITS)
        ) pe (
            .clk           (clk),
            .take          (take),
            .wide          (wide),
            .token_negative(token[8*row+6]),
            .token_position(token[8*row+:4]),
            .activation    (activation[18*column+:18]),
            .perform       (perform && row < rows),
            .clear         (clear),
            .save          (save),
            .sum_wide      (sum_wide),
            .sum_valid     (sum_token[8*row+7]),
            .sum_negative  (sum_token[8*row+6]),
            .lane_active   ({sum_wide ? low : high, low}),
            .accumulator   (accumulator[AT+:STORAGE_BITS]),
            .shadow        (shadow[AT+:STORAGE_BITS])
        );
      end
    end
  endgenerate

  assign drain_shadow = shadow[STORAGE_BITS*COLUMNS*drain_row+:STORAGE_BITS*COLUMNS];

endmodule

`default_nettype wire
