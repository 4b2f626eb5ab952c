#!/usr/bin/env bash
# TLM-2.0 of SystemC 2.3.4 (Debian 2.3.4-2): a simple_target_socket that has a b_transport alone answers
# nb_transport_fw(BEGIN_REQ) with TLM_ACCEPTED and sends no END_REQ: the request phase ends with BEGIN_RESP. An
# initiator that keeps the exclusion rule (no second request before the first one's phase has ended) therefore has one
# transaction in flight, whatever number of outstanding ones it supports, and pays the target's whole latency for each.
# Seen: four reads of a target with 10 ns latency are sent at 0, 10, 20 and 30 ns, without any END_REQ.
set -euo pipefail
systemc=2.3.4-2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "libsystemc=$systemc" "libsystemc-dev=$systemc" 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
lib=$PWD/$(dirname "$(find root -name 'libsystemc*.so' | head -n 1)")

cat >flight.cpp <<'END'
#define SC_INCLUDE_DYNAMIC_PROCESSES
#include <array>
#include <iostream>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

struct Target : sc_core::sc_module {
  tlm_utils::simple_target_socket<Target> socket{"socket"};
  explicit Target(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_b_transport(this, &Target::transport);
  }
  void transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    delay += sc_core::sc_time(10, sc_core::SC_NS);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct Keeper : tlm::tlm_mm_interface {
  void free(tlm::tlm_generic_payload*) override {}
};

struct Initiator : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};
  Keeper keeper;
  std::array<tlm::tlm_generic_payload, 4> reads;
  int data = 0, end_requests = 0;
  sc_core::sc_event request_over;
  SC_HAS_PROCESS(Initiator);
  explicit Initiator(sc_core::sc_module_name name) : sc_module(name) {
    socket.register_nb_transport_bw(this, &Initiator::backward);
    SC_THREAD(run);
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload&, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    request_over.notify(delay);
    if (phase == tlm::END_REQ) {
      ++end_requests;
      return tlm::TLM_ACCEPTED;
    }
    phase = tlm::END_RESP;
    return tlm::TLM_COMPLETED;
  }
  void run() {
    for (tlm::tlm_generic_payload& read : reads) {
      read.set_mm(&keeper);
      read.acquire();
      read.set_read();
      read.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
      read.set_data_length(sizeof data);
      read.set_streaming_width(sizeof data);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay;
      std::cout << "sent at " << sc_core::sc_time_stamp() << '\n';
      if (socket->nb_transport_fw(read, phase, delay) == tlm::TLM_ACCEPTED) wait(request_over);
    }
    std::cout << "END_REQ: " << end_requests << '\n';
  }
};

int sc_main(int, char*[]) {
  Target target("target");
  Initiator initiator("initiator");
  initiator.socket.bind(target.socket);
  sc_core::sc_start();
  return 0;
}
END
g++ -std=c++17 -Iroot/usr/include flight.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib" -o flight
./flight 2>/dev/null | tee seen.txt
diff seen.txt - <<'END'
sent at 0 s
sent at 10 ns
sent at 20 ns
sent at 30 ns
END_REQ: 0
END
