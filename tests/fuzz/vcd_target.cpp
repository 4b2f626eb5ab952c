// Value change dumps: counted as check-vcd does, and kept.
#include "testbench/waveform/vcd.h"

#include "testbench/waveform/vcd_summary.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/testbench/waveform/random_dump.h"

namespace bitbalance::fuzz {
namespace {

class VcdTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    std::vector<std::string> all;
    constexpr std::uint32_t kDumps = 40;
    for (std::uint32_t seed = 1; seed <= kDumps; ++seed) all.push_back(RandomDump(seed).text());
    return all;
  }

  std::vector<std::string> words() const override {
    return {"$scope module a $end ",
            "$upscope $end ",
            "$var wire 8 ! a $end ",
            "$end ",
            "$enddefinitions $end ",
            "$timescale 1 ps $end ",
            "$comment ",
            " #18446744073709551615 ",
            " $dumpoff ",
            " b1 !",
            " r1e308 !",
            " 1!",
            "$var real 64 ! a [3:0] $end "};
  }

  void read(const std::string& bytes) override {
    const auto& file = file_.with(bytes);
    const Vcd counted = read_vcd(file, VcdChanges::kCounted);
    describe_vcd(file, counted);
    for (const VcdSignal& signal : counted.signals) describe_vcd_signal(counted, signal);
    const Vcd kept = read_vcd(file, VcdChanges::kKept);
    for (const VcdSignal& signal : kept.signals) {
      constexpr std::int64_t kNarrow = 4096;
      if (signal.width <= kNarrow) vcd_number(kept.value_at(signal, kept.last_time), true);
    }
  }

 private:
  ScratchFile file_{"wave.vcd"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<VcdTarget>();
}

}  // namespace bitbalance::fuzz
