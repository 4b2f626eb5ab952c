// The parts that hw/cost counts, each alone: what synthesize.py takes a library's prices from.
`default_nettype none

// Carry-propagate adder.
module part_adder #(
    parameter BITS = 32
) (
    input  wire [BITS-1:0] a,
    input  wire [BITS-1:0] b,
    output wire [BITS-1:0] sum
);
  assign sum = a + b;
endmodule

// Adder tree: carry-save adders, and a carry-propagate adder of the sum's bits after them.
module part_tree #(
    parameter INPUTS = 16,
    parameter BITS   = 16
) (
    input  wire [           INPUTS*BITS-1:0] in,
    output reg  [BITS+$clog2(INPUTS)-1:0] sum
);
  integer i;
  always @* begin
    sum = {(BITS + $clog2(INPUTS)) {1'b0}};
    for (i = 0; i < INPUTS; i = i + 1)
      sum = sum + {{$clog2(INPUTS) {in[BITS*i+BITS-1]}}, in[BITS*i+:BITS]};
  end
endmodule

// Multiplier: a carry-save adder per pair of bits, and a carry-propagate adder of the product's bits.
module part_multiplier #(
    parameter BITS = 16
) (
    input  wire [  BITS-1:0] a,
    input  wire [  BITS-1:0] b,
    output wire [2*BITS-1:0] product
);
  assign product = $signed(a) * $signed(b);
endmodule

// Shifter: a two-way multiplexer per bit and stage.
module part_shifter (
    input  wire [31:0] in,
    input  wire [ 4:0] by,
    output wire [31:0] out
);
  wire [31:0] by_1 = by[0] ? {in[30:0], in[31]} : in;
  wire [31:0] by_2 = by[1] ? {by_1[29:0], by_1[31:30]} : by_1;
  wire [31:0] by_4 = by[2] ? {by_2[27:0], by_2[31:28]} : by_2;
  wire [31:0] by_8 = by[3] ? {by_4[23:0], by_4[31:24]} : by_4;
  assign out = by[4] ? {by_8[15:0], by_8[31:16]} : by_8;
endmodule

// Gates of two inputs.
module part_gates (
    input  wire [31:0] a,
    input  wire        pass,
    output wire [31:0] out
);
  assign out = a & {32{pass}};
endmodule

// Register without an enable.
module part_register (
    input  wire        clk,
    input  wire [31:0] in,
    output reg  [31:0] out
);
  always @(posedge clk) out <= in;
endmodule

// Register that holds what it has: a two-way multiplexer per bit more.
module part_held_register (
    input  wire        clk,
    input  wire        take,
    input  wire [31:0] in,
    output reg  [31:0] out
);
  always @(posedge clk) if (take) out <= in;
endmodule

// BitBrick of Bit Fusion: two bits by two bits, each signed or not.
module part_bitbrick (
    input  wire [1:0] a,
    input  wire       a_signed,
    input  wire [1:0] b,
    input  wire       b_signed,
    output wire signed [5:0] product
);
  wire signed [2:0] x = {a_signed && a[1], a};
  wire signed [2:0] y = {b_signed && b[1], b};
  assign product = x * y;
endmodule

// Finds and removes the leading one.
module part_leading_one (
    input  wire [15:0] in,
    output reg  [ 3:0] position,
    output wire [15:0] rest
);
  integer i;
  always @* begin
    position = 4'd0;
    for (i = 0; i < 16; i = i + 1) if (in[i]) position = i[3:0];
  end
  assign rest = in & ~(16'd1 << position);
endmodule

`default_nettype wire
