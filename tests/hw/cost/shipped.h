// The shipped technology and a layer's worth of work, for tests of the cost model.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "base/text/enum_index.h"
#include "hw/cost/cost_model.h"
#include "testbench/scenario/technology.h"
#include "tests/support/names.h"

namespace bitbalance::test {

inline std::filesystem::path shipped_technology_file() {
  return std::filesystem::path(BITBALANCE_SOURCE_DIR) / "scenarios" / "technology" / "65nm.yaml";
}

inline Technology shipped_technology() {
  return load_technology(shipped_technology_file());
}

/// Every action at least once, no two as often.
inline Work busy_work(Width width) {
  Work work;
  work.width = width;
  work.cycles = 1'000'003;
  for (std::size_t a = 0; a < kActions; ++a) work.actions[a] = 1000 + 17 * static_cast<std::int64_t>(a);
  return work;
}

/// Every constant with its path in the file.
struct NamedConstant {
  const char* path;
  Constant* constant;
};
inline std::vector<NamedConstant> constants_of(Technology& t) {
  LogicTable& l = t.logic;
  const auto dram = [&](DramType type) { return &t.dram.energy_per_bit[enum_index(type)]; };
  return {{"logic.adder.energy", &l.adder.energy},
          {"logic.adder.area", &l.adder.area},
          {"logic.adder.leakage", &l.adder.leakage},
          {"logic.shifter.energy", &l.shifter.energy},
          {"logic.shifter.area", &l.shifter.area},
          {"logic.shifter.leakage", &l.shifter.leakage},
          {"logic.gates.energy", &l.gates.energy},
          {"logic.gates.area", &l.gates.area},
          {"logic.gates.leakage", &l.gates.leakage},
          {"logic.carry_save.energy", &l.carry_save.block.energy},
          {"logic.carry_save.area", &l.carry_save.block.area},
          {"logic.carry_save.leakage", &l.carry_save.block.leakage},
          {"logic.register_bit.clock", &l.register_bit.clock},
          {"logic.register_bit.data", &l.register_bit.data},
          {"logic.register_bit.area", &l.register_bit.area},
          {"logic.register_bit.leakage", &l.register_bit.leakage},
          {"layout.energy", &t.layout.energy},
          {"layout.density", &t.layout.density},
          {"layout.null_slot_share", &t.layout.null_slot_share},
          {"dram.ddr3", dram(DramType::kDdr3)},
          {"dram.ddr4", dram(DramType::kDdr4)},
          {"dram.lpddr", dram(DramType::kLpddr)},
          {"dram.lpddr4", dram(DramType::kLpddr4)},
          {"dram.hbm2", dram(DramType::kHbm2)}};
}

}  // namespace bitbalance::test
