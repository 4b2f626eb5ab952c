#!/usr/bin/env bash
# TLM-2.0 of SystemC 2.3.4 (Debian 2.3.4-2): a module may export its child's target through a tlm_target_socket of its
# own, by binding one to the other. With a simple_target_socket inside this works. With a multi_passthrough_target_socket
# inside, the convenience socket that takes several initiators, the same lines compile and elaborate without a word, and
# the first access ends in an error, as the inner socket learns of its initiators while it is bound itself.
# Seen: one access through each of the two; then the message.
set -euo pipefail
systemc=2.3.4-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >export.cpp <<'END'
#include <iostream>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

struct One : sc_core::sc_module {
  tlm_utils::simple_target_socket<One> socket{"socket"};
  explicit One(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &One::transport);
  }
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct Many : sc_core::sc_module {
  tlm_utils::multi_passthrough_target_socket<Many> socket{"socket"};
  explicit Many(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &Many::transport);
  }
  void transport(int, tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

template <class Inner>
struct Outer : sc_core::sc_module {
  tlm::tlm_target_socket<32> socket{"socket"};
  Inner inner{"inner"};
  explicit Outer(sc_core::sc_module_name name) : sc_module(name) { socket.bind(inner.socket); }
};

struct Initiator : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  explicit Initiator(sc_core::sc_module_name name) : sc_module(name) {}
  std::string access() {
    int data = 0;
    tlm::tlm_generic_payload payload;
    payload.set_read();
    payload.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
    payload.set_data_length(sizeof data);
    payload.set_streaming_width(sizeof data);
    sc_core::sc_time delay;
    try {
      socket->b_transport(payload, delay);
    } catch (const sc_core::sc_report& report) {
      return report.get_msg();
    }
    return payload.get_response_string();
  }
};

int sc_main(int, char*[]) {
  Outer<One> one("one");
  Outer<Many> many("many");
  Initiator first("first"), second("second");
  first.socket.bind(one.socket);
  second.socket.bind(many.socket);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  std::cout << "simple_target_socket: " << first.access() << '\n';
  std::cout << "multi_passthrough_target_socket: " << second.access() << '\n';
  return 0;
}
END
g++ -std=c++17 -Iroot/usr/include export.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o export
./export 2>/dev/null | tee seen.txt
diff seen.txt - <<'END'
simple_target_socket: TLM_OK_RESPONSE
multi_passthrough_target_socket: many.inner.socket: Call to b_transport without a registered callback for b_transport.
END
