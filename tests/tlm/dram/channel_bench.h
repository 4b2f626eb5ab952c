// A channel alone: bursts in, commands out.
#pragma once

#include <algorithm>
#include <vector>

#include "tests/tlm/dram/presets.h"
#include "tlm/dram/controller/channel.h"

namespace bitbalance::dram::test {

inline constexpr std::uint64_t kBurst = 64;    ///< bytes
inline constexpr std::uint64_t kRow = 128;     ///< bursts
inline constexpr std::uint64_t kBankRows = 8;  ///< rows next to one another, each in a bank of its own

struct Issued {
  Cycle cycle;
  CommandKind kind;
  int bank;
};

struct ChannelBench {
  explicit ChannelBench(const Config& config)
      : burst_bytes(static_cast<std::uint64_t>(config.geometry.burst_bytes())),
        long_commands(std::min({config.commands.activate, config.commands.precharge, config.commands.column,
                                config.commands.refresh}) > 1 &&
                      config.controller.power_down_after == 0 && config.controller.self_refresh_after == 0),
        map(config.geometry, config.controller.address_map),
        channel((check(config), config)) {}

  /// `missing`: bytes of the burst that are not asked for.
  void add(std::uint64_t number, bool is_write = false, Cycle now = 0, std::uint32_t missing = 0) {
    Burst burst;
    burst.transaction = count++;
    burst.number = number;
    burst.at = map.locate(number * burst_bytes);
    burst.bytes = static_cast<std::uint32_t>(burst_bytes) - missing;
    burst.is_write = is_write;
    channel.add(burst, now);
  }
  /// Until nothing is queued.
  void run(Cycle limit = kNever) {
    while (channel.next() != kNever && channel.next() < limit) {
      const Cycle cycle = channel.next();
      const Command command = channel.step();
      log.push_back({cycle, command.kind, command.at.bank});
    }
  }
  /// The next command ends at `now`, and none takes less than two clocks.
  bool next_has_begun(Cycle now) { return long_commands && channel.next() == now; }
  std::vector<Cycle> cycles(CommandKind kind) const {
    std::vector<Cycle> cycles;
    for (const Issued& i : log)
      if (i.kind == kind) cycles.push_back(i.cycle);
    return cycles;
  }
  Cycle last(CommandKind kind) const { return cycles(kind).back(); }

  std::uint64_t burst_bytes;  ///< of a burst
  bool long_commands;         ///< all of them take more than a clock
  AddressMap map;
  Channel channel;
  std::uint32_t count = 0;
  std::vector<Issued> log;
};

}  // namespace bitbalance::dram::test
