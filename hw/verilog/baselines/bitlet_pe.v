// PE of `bitlet` (docs/baselines.md): 64 weights and activations of its own, and a channel per bit of the
// magnitude. Each channel looks at 8 weights from its pointer on, picks the activation of the first one, and
// moves the pointer to the second one, or past the window. What the channels picked is summed at the
// positions of their bits. 16 pairs are loaded per cycle; activations take the sign of their weight then.
`default_nettype none

module bitlet_pe #(
    parameter ACTIVATION_BITS = 9,
    parameter MAGNITUDE_BITS  = 7,
    parameter SUM_BITS        = 32
) (
    input wire clk,

    input wire                          load,         // 16 pairs, to quarter `quarter`
    input wire [                   1:0] quarter,
    input wire [16*ACTIVATION_BITS-1:0] activation,
    input wire [   16*MAGNITUDE_BITS-1:0] magnitude,
    input wire [                  15:0] negative,

    input wire begin_step,  // pointers to the first pair
    input wire run,         // channels search and pick

    output wire done,  // no channel has weights left

    // Of what the channels picked in the cycle before, and of the tree's sum of it.
    input wire perform,
    input wire clear,
    input wire save,

    output wire [SUM_BITS-1:0] accumulator,
    output wire [SUM_BITS-1:0] shadow
);

  localparam VALUE_BITS = ACTIVATION_BITS + 1;
  localparam TREE_BITS = VALUE_BITS + MAGNITUDE_BITS;

  // Bit b of pair i at 64 b + i.
  reg [64*VALUE_BITS-1:0] value;
  reg [64*MAGNITUDE_BITS-1:0] ones;

  integer q, i, b;
  reg [VALUE_BITS-1:0] loaded;
  always @(posedge clk) begin
    for (q = 0; q < 4; q = q + 1) begin
      if (load && quarter == q[1:0]) begin
        for (i = 0; i < 16; i = i + 1) begin
          loaded = {activation[ACTIVATION_BITS*i+ACTIVATION_BITS-1], activation[ACTIVATION_BITS*i+:ACTIVATION_BITS]};
          loaded = (loaded ^ {VALUE_BITS{negative[i]}}) + {{(VALUE_BITS - 1) {1'b0}}, negative[i]};
          for (b = 0; b < VALUE_BITS; b = b + 1) value[64*b+16*q+i] <= loaded[b];
          for (b = 0; b < MAGNITUDE_BITS; b = b + 1) ones[64*b+16*q+i] <= magnitude[MAGNITUDE_BITS*i+b];
        end
      end
    end
  end

  wire [MAGNITUDE_BITS-1:0] channel_done;
  wire [MAGNITUDE_BITS*VALUE_BITS-1:0] picked;
  assign done = &channel_done;

  genvar c;
  generate
    for (c = 0; c < MAGNITUDE_BITS; c = c + 1) begin : g_channel
      reg [6:0] pointer;  // 64 or more: none left
      wire [63:0] bits = ones[64*c+:64];
      // bits >> pointer, the largest step first.
      wire [38:0] by_32 = pointer[5] ? {7'd0, bits[63:32]} : bits[38:0];
      wire [22:0] by_16 = pointer[4] ? by_32[38:16] : by_32[22:0];
      wire [14:0] by_8 = pointer[3] ? by_16[22:8] : by_16[14:0];
      wire [10:0] by_4 = pointer[2] ? by_8[14:4] : by_8[10:0];
      wire [8:0] by_2 = pointer[1] ? by_4[10:2] : by_4[8:0];
      wire [7:0] window = pointer[0] ? by_2[8:1] : by_2[7:0];
      reg [2:0] first;
      reg [3:0] step;
      integer w;
      always @* begin
        first = 3'd0;
        for (w = 7; w >= 0; w = w - 1) if (window[w]) first = w[2:0];
        step = 4'd8;
        for (w = 7; w >= 1; w = w - 1) if (window[w] && w[2:0] != first) step = w[3:0];
      end

      wire [5:0] lane = pointer[5:0] + {3'd0, first};
      wire [VALUE_BITS-1:0] chosen;
      genvar v;
      for (v = 0; v < VALUE_BITS; v = v + 1) begin : g_bit
        wire [63:0] pairs = value[64*v+:64];
        assign chosen[v] = pairs[lane];
      end
      reg [VALUE_BITS-1:0] pick;
      assign channel_done[c] = pointer[6];
      assign picked[VALUE_BITS*c+:VALUE_BITS] = pick;
      always @(posedge clk) begin
        if (begin_step) pointer <= 7'd0;
        else if (run && !pointer[6]) pointer <= pointer + {3'd0, step};
        if (run)
          pick <= !pointer[6] && window != 8'd0 ? chosen : {VALUE_BITS{1'b0}};
      end
    end
  endgenerate

  integer k;
  reg [VALUE_BITS-1:0] term;
  reg signed [TREE_BITS-1:0] tree;
  always @* begin
    tree = {TREE_BITS{1'b0}};
    for (k = 0; k < MAGNITUDE_BITS; k = k + 1) begin
      term = picked[VALUE_BITS*k+:VALUE_BITS];
      tree = tree + ({{(TREE_BITS - VALUE_BITS) {term[VALUE_BITS-1]}}, term} << k);
    end
  end

  `include "tree_sum.vh"

endmodule

`default_nettype wire
