// What lies between two registers of a lane of the post-processor, alone: for the length of its longest path,
// docs/pipeline.md. Cut into stages where docs/units/post_processor.md says.
`default_nettype none

// Bias, multiplier, rounding. Two stages: cut after the bias; three: the product is that of each byte of the
// multiplier, and they are added in the last.
module path_multiply #(
    parameter STAGES = 1  // 1 to 3
) (
    input  wire        clk,
    input  wire [47:0] accumulator,
    input  wire [47:0] bias,
    input  wire [15:0] multiplier,
    input  wire [63:0] half,
    output reg  [63:0] product
);
  wire signed [47:0] sum = accumulator + bias;
  generate
    if (STAGES == 1) begin : g_one
      wire signed [63:0] value = sum * $signed({1'b0, multiplier});
      always @(posedge clk) product <= value + half;
    end else begin : g_more
      reg signed [47:0] held;
      reg [15:0] held_multiplier;
      reg [63:0] held_half;
      always @(posedge clk) begin
        held <= sum;
        held_multiplier <= multiplier;
        held_half <= half;
      end
      if (STAGES == 2) begin : g_two
        wire signed [63:0] value = held * $signed({1'b0, held_multiplier});
        always @(posedge clk) product <= value + held_half;
      end else begin : g_three
        reg signed [56:0] low, high;
        reg [63:0] last_half;
        always @(posedge clk) begin
          low <= held * $signed({1'b0, held_multiplier[7:0]});
          high <= held * $signed({1'b0, held_multiplier[15:8]});
          last_half <= held_half;
          product <= {{7{low[56]}}, low} + {high[55:0], 8'd0} + last_half;
        end
      end
    end
  endgenerate
endmodule

// Shift, operand, limits, pooled value. Two stages: cut after the operand's product; three: also before the
// limits.
module path_clamp #(
    parameter STAGES = 1  // 1 to 3
) (
    input  wire        clk,
    input  wire [63:0] product,
    input  wire [ 5:0] shift,
    input  wire [16:0] operand,
    input  wire [15:0] multiplier,
    input  wire [31:0] half,
    input  wire [ 4:0] operand_shift,
    input  wire [15:0] low,
    input  wire [15:0] high,
    input  wire [15:0] pooled,
    input  wire        pools,
    output reg  [15:0] result
);
  wire signed [63:0] shifted = $signed(product) >>> shift;
  wire signed [33:0] scaled = $signed(operand) * $signed({1'b0, multiplier}) + $signed({2'b0, half});

  wire signed [63:0] shifted_1;
  wire signed [33:0] scaled_1;
  generate
    if (STAGES == 1) begin : g_together
      assign shifted_1 = shifted;
      assign scaled_1 = scaled;
    end else begin : g_cut
      reg signed [63:0] held_shifted;
      reg signed [33:0] held_scaled;
      always @(posedge clk) begin
        held_shifted <= shifted;
        held_scaled <= scaled;
      end
      assign shifted_1 = held_shifted;
      assign scaled_1 = held_scaled;
    end
  endgenerate

  wire signed [33:0] addend = scaled_1 >>> operand_shift;
  wire signed [63:0] sum = shifted_1 + {{30{addend[33]}}, addend};
  wire signed [63:0] sum_1;
  generate
    if (STAGES < 3) begin : g_sum_together
      assign sum_1 = sum;
    end else begin : g_sum_cut
      reg signed [63:0] held_sum;
      always @(posedge clk) held_sum <= sum;
      assign sum_1 = held_sum;
    end
  endgenerate

  wire signed [63:0] least = {{48{low[15]}}, low};
  wire signed [63:0] most = {{48{high[15]}}, high};
  wire [15:0] limited = sum_1 < least ? low : sum_1 > most ? high : sum_1[15:0];
  always @(posedge clk) result <= pools && $signed(pooled) > $signed(limited) ? pooled : limited;
endmodule

`default_nettype wire
