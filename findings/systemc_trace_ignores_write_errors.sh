#!/usr/bin/env bash
# SystemC 2.3.4 (Debian 2.3.4-2): a VCD trace that the system refuses to write (full disk, limit of a file's size) is
# cut off in silence. No report, no exception, no status: sc_close_vcd_trace_file returns nothing, the program ends
# with 0, and sc_trace_file has no member that tells. A tool that wants to know must write the file by a tracer of its
# own (sc_trace_file is an abstract class, and the simulation context takes any) or read it back.
# Seen: with 16 KiB allowed the file is cut there, exit code 0, nothing printed (but the usual I702); else 358,125 bytes.
set -euo pipefail
systemc=2.3.4-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >dump.cpp <<'END'
#include <csignal>
#include <systemc>
int sc_main(int, char*[]) {
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit fails, as on a full disk
  sc_core::sc_clock clock("clock", 10, sc_core::SC_NS);
  sc_core::sc_trace_file* trace = sc_core::sc_create_vcd_trace_file("dump");
  sc_core::sc_trace(trace, clock, "clock");
  sc_core::sc_start(100, sc_core::SC_US);
  sc_core::sc_close_vcd_trace_file(trace);
  return 0;
}
END
g++ -std=c++17 -Iroot/usr/include dump.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o dump

export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
printed=$(bash -c 'ulimit -f 16 && ./dump 2>&1' | grep -vE '^$|I702' || true)
bash -c 'ulimit -f 16 && ./dump' >/dev/null 2>&1 && code=0 || code=$?
cut=$(stat -c %s dump.vcd)
./dump >/dev/null 2>&1
whole=$(stat -c %s dump.vcd)
printf '%s\n' "limited: $cut bytes, exit code $code, printed '$printed'" "unlimited: $whole bytes"
[[ $code == 0 && $cut == 16384 && $whole -gt $cut && -z $printed ]]
