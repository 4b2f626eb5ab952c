// A verilated twin beside a clocked unit of ours: at each edge it gets what the unit got, and afterwards
// every register is compared.
#pragma once

#include <cstdint>
#include <string>
#include <systemc>

#include "hw/rtl/bench/bench.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

/// A bit that the twin gets wrong, once: what a comparison must see.
struct Flip {
  enum class Of { kNothing, kWeight, kActivation, kToken } of = Of::kNothing;
  int row_or_lane = 0;  ///< 0, which every tile uses
  int bit = 0;
  std::int64_t after_edges = 0;
};

/// The channels are read at the rising edge, whose order of processes they do not depend on; the twin is
/// clocked at the falling edge, when the unit's registers have their new values.
class Lockstep : public sc_core::sc_module {
 public:
  std::int64_t edges = 0, registers_compared = 0, mismatches = 0;
  std::string first_mismatch;

  Lockstep(const sc_core::sc_module_name& name, bench::Bench& bench) : sc_module(name), bench_(bench) {
    SC_HAS_PROCESS(Lockstep);
    SC_METHOD(sample);
    sensitive << bench.clock.posedge_event();
    dont_initialize();
    SC_METHOD(step);
    sensitive << bench.clock.negedge_event();
    dont_initialize();
  }

 protected:
  /// Takes the unit's inputs from its channels.
  virtual void sample() = 0;
  /// Lets the twin perform the edge and compares.
  virtual void perform_edge() = 0;

  bool in_reset() const { return bench_.reset.read(); }
  void expect_equal(const char* what, int index, std::uint64_t ours, std::uint64_t twin) {
    ++registers_compared;
    if (ours == twin) return;
    ++mismatches;
    if (first_mismatch.empty()) {
      first_mismatch = std::string(name()) + ", edge " + std::to_string(edges) + ", " + what + ' ' +
                       std::to_string(index) + ": ours " + std::to_string(ours) + ", twin " +
                       std::to_string(twin);
    }
  }

 private:
  void step() {
    perform_edge();
    ++edges;
  }

  bench::Bench& bench_;
};

}  // namespace bitbalance::rtl::test
