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

/// All is done at the falling edge, when every process has seen the rising one: the twin performs that edge
/// with what the channels held before it, its registers are compared, and the channels are read for the next
/// edge.
class Lockstep : public sc_core::sc_module {
 public:
  std::int64_t edges = 0, registers_compared = 0, mismatches = 0;
  std::string first_mismatch;

  Lockstep(const sc_core::sc_module_name& name, bench::Bench& bench) : sc_module(name), bench_(bench) {
    SC_HAS_PROCESS(Lockstep);
    SC_METHOD(step);
    sensitive << bench.clock.negedge_event();
  }

 protected:
  /// Takes the unit's inputs of the next edge from its channels.
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
    if (is_sampled_) {
      perform_edge();
      ++edges;
    }
    sample();
    is_sampled_ = true;
  }

  bench::Bench& bench_;
  bool is_sampled_ = false;
};

}  // namespace bitbalance::rtl::test
