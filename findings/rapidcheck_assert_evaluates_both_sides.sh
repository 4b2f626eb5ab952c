#!/usr/bin/env bash
# RapidCheck (Debian librapidcheck-dev 0~1033-08b5058-3): RC_ASSERT(a || b) and RC_ASSERT(a && b) evaluate b in any case,
# for the macro overloads the operators to print both sides. RC_ASSERT((a || b)) evaluates as the language does. A
# condition that guards the other one, as in "empty, or its first element is ...", must stand outside or in parentheses.
# Seen: "or 1, and 1, in parentheses 0": how often the side was evaluated that the first one makes needless.
set -euo pipefail
rapidcheck=0~1033-08b5058-3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "librapidcheck-dev=$rapidcheck" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
library=$(find root -name 'librapidcheck.a' | head -n 1)

cat >sides.cpp <<'END'
#include <rapidcheck.h>

#include <iostream>

int evaluated = 0;
bool needless(bool value) {
  ++evaluated;
  return value;
}

template <class Property>
int count(const Property& property) {
  evaluated = 0;
  rc::check(property);
  return evaluated > 0;
}

int main() {
  const int either = count([] { RC_ASSERT(true || needless(true)); });
  const int both = count([] {
    try {
      RC_ASSERT(false && needless(true));
    } catch (...) {  // the assertion fails, as it should
    }
  });
  const int guarded = count([] { RC_ASSERT((true || needless(true))); });
  std::cout << "or " << either << ", and " << both << ", in parentheses " << guarded << '\n';
}
END
g++ -std=c++17 -Iroot/usr/include sides.cpp "$library" -o sides
./sides 2>/dev/null | tee seen.txt
diff seen.txt - <<'END'
or 1, and 1, in parentheses 0
END
