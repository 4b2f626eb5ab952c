#!/usr/bin/env bash
# SystemC 2.3.4 (Debian 2.3.4-2): a VCD file has its initial values in front of the first time stamp. When no traced
# value changes, the only time stamp is the one of the end, behind all values; the FST that vcd2fst (GTKWave 3.3.118)
# makes of such a file, with exit code 0, is one that fst2vcd of the same package cannot open.
# Seen: "$dumpvars" in a line before any "#"; one "#" line in the dump of a constant, "#30000"; vcd2fst exit code 0;
# fst2vcd "Could not open 'still.fst', exiting.".
set -euo pipefail
systemc=2.3.4-2 gtkwave=3.3.118-0.1~deb12u1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" "gtkwave=$gtkwave" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >dump.cpp <<'END'
#include <systemc>
int sc_main(int, char*[]) {
  sc_core::sc_clock clock("clock", 10, sc_core::SC_NS);
  const bool constant = true;
  sc_core::sc_trace_file* changing = sc_core::sc_create_vcd_trace_file("changing");
  sc_core::sc_trace(changing, clock, "clock");
  sc_core::sc_trace_file* still = sc_core::sc_create_vcd_trace_file("still");
  sc_core::sc_trace(still, constant, "constant");
  sc_core::sc_start(30, sc_core::SC_NS);
  sc_core::sc_close_vcd_trace_file(changing);
  sc_core::sc_close_vcd_trace_file(still);
  return 0;
}
END
g++ -std=c++17 -Iroot/usr/include dump.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o dump
./dump >/dev/null 2>&1

seen=$(awk '/^\$dumpvars/ {values = NR} /^#/ && !time {time = NR} END {print (values < time) ? "values first" : "time first"}' changing.vcd)
stamps=$(grep '^#' still.vcd)
root/usr/bin/vcd2fst still.vcd still.fst
opened=$(root/usr/bin/fst2vcd still.fst 2>&1 | head -n 1 || true)
printf '%s\n' "changing.vcd: $seen" "still.vcd: time stamps $stamps" "fst2vcd: $opened"
[[ $seen == "values first" && $stamps == "#30000" && $opened == "Could not open 'still.fst', exiting." ]]
