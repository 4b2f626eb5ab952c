#!/usr/bin/env bash
# SystemC 2.3.4 (Debian 2.3.4-2): a bit vector made of hexadecimal text takes the text for a signed number. Sixteen
# bits from "0xFF" are sixteen ones; "0x0FF", "0xus00FF" or the number 0xFF give 0x00FF.
# Seen: "0xFF" 1111111111111111, "0x0FF" 0000000011111111, "0xusFF" 0000000011111111, number 0000000011111111.
set -euo pipefail
systemc=2.3.4-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >bits.cpp <<'END'
#include <iostream>
#include <systemc>
int sc_main(int, char*[]) {
  for (const char* text : {"0xFF", "0x0FF", "0xusFF"})
    std::cout << text << ' ' << sc_dt::sc_bv<16>(text).to_string() << '\n';
  sc_dt::sc_bv<16> number;
  number = 0xFF;
  std::cout << "number " << number.to_string() << '\n';
  return 0;
}
END
g++ -std=c++17 -Iroot/usr/include bits.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o bits
./bits 2>/dev/null | tee seen.txt
diff seen.txt - <<'END'
0xFF 1111111111111111
0x0FF 0000000011111111
0xusFF 0000000011111111
number 0000000011111111
END
