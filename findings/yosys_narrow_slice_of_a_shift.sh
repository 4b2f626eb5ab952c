#!/usr/bin/env bash
# Yosys 0.23 (Debian 0.23-6): a narrow slice of a wide logical shift right is built as a shifter of the whole width. The
# log shifter takes the smallest step first, so all bits stay in use until the last step; with the largest step first
# each step halves what is needed. The logic afterwards (opt, abc) does not find this out. Who estimates the area of a
# bit stream's aligner, as in a bit-serial accelerator, from `x >> at` counts it several times over.
# Seen, cells of AND, XOR, MUX and NOT for 16 bits of `x >> at` with 128 bits: 1166 as written, 468 with the largest step
# first; sat proves that both are the same function.
set -euo pipefail
yosys=0.23-6
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "yosys=$yosys" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done

cat >shift.v <<'END'
module as_written(input [127:0] x, input [6:0] at, output [15:0] y);
  assign y = x >> at;
endmodule
module largest_first(input [127:0] x, input [6:0] at, output [15:0] y);
  wire [78:0] a = at[6] ? {15'b0, x[127:64]} : x[78:0];
  wire [46:0] b = at[5] ? a[78:32] : a[46:0];
  wire [30:0] c = at[4] ? b[46:16] : b[30:0];
  wire [22:0] d = at[3] ? c[30:8] : c[22:0];
  wire [18:0] e = at[2] ? d[22:4] : d[18:0];
  wire [16:0] f = at[1] ? e[18:2] : e[16:0];
  assign y = at[0] ? f[16:1] : f[15:0];
endmodule
END
gates() {
  root/usr/bin/yosys -p "read_verilog shift.v; hierarchy -top $1; synth; abc -g AND,XOR,MUX; opt_clean; stat" |
    awk '/Number of cells/ {cells = $4} END {print cells}'
}
root/usr/bin/yosys -q -p "read_verilog shift.v; proc; miter -equiv -flatten as_written largest_first both
  sat -verify -prove trigger 0 both" >/dev/null && echo "both mean the same"
written=$(gates as_written) first=$(gates largest_first)
echo "gates as written: $written, largest step first: $first"
[[ $written == 1166 && $first == 468 ]]
