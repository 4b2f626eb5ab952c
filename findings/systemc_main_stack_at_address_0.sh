#!/usr/bin/env bash
# SystemC 2.3.4 (Debian 2.3.4-2): the library announces each switch between stacks to AddressSanitizer
# (__sanitizer_start_switch_fiber), but the main stack as one of 0 bytes at address 0, and not at all when a thread
# ends. From the first SC_THREAD on the sanitizer does not know the main stack: at an exception on it, behind sc_start or
# in an SC_METHOD, it warns and leaves what it forbade in the frames that are gone. Later it may report correct code that
# uses the same addresses as stack-buffer-overflow, and end the program. A program can announce the main stack itself,
# behind sc_start and ahead of what may throw in a method.
# Seen (g++ 12.2, -fsanitize=address): "ASan is ignoring requested __asan_handle_no_return: stack type: default top:
# 0x000000000000"; behind the announcement nothing is printed.
set -euo pipefail
systemc=2.3.4-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >throw.cpp <<'END'
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>
#include <stdexcept>
#include <systemc>

SC_MODULE(Waiting) {
  sc_core::sc_event never;
  SC_CTOR(Waiting) { SC_THREAD(run); }
  void run() { wait(never); }
};

void announce_main_stack() {
  pthread_attr_t attributes;
  void* bottom;
  std::size_t bytes;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &bottom, &bytes);
  pthread_attr_destroy(&attributes);
  void* frames;
  __sanitizer_start_switch_fiber(&frames, bottom, bytes);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
}

int sc_main(int argc, char*[]) {
  Waiting waiting("waiting");
  sc_core::sc_start(1, sc_core::SC_NS);
  if (argc > 1) announce_main_stack();
  try {
    throw std::runtime_error("caught");
  } catch (const std::exception&) {
  }
  return 0;
}
END
g++ -std=c++17 -fsanitize=address -Iroot/usr/include throw.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o throw

export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1 ASAN_OPTIONS=detect_leaks=0
as_it_is=$(./throw 2>&1)
announced=$(./throw announced 2>&1)
printf '%s\n' "as it is: $as_it_is" "announced by the program: '$announced'"
[[ $as_it_is == *"ignoring requested __asan_handle_no_return"*"top: 0x000000000000"* && -z $announced ]]
