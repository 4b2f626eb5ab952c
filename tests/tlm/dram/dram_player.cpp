// dram_player PRESET [--set memory.key=value]... TRACE...: plays traces to one channel of a timed memory and
// prints the clock at which the last request is answered. Without traces it prints the memory's figures as
// JSON. A line of a trace is "CLOCK: read|write 0xADDRESS", as DRAMSys reads it:
// docs/tools/dramsys_compare.py.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>

#include "testbench/scenario/scenario.h"
#include "tests/support/names.h"
#include "tlm/dram/controller/channel.h"

namespace bitbalance::dram {
namespace {

using bitbalance::scenario::load_scenario;
using bitbalance::scenario::SettingOverride;

Config config_of(const std::string& preset, const std::vector<std::string>& settings) {
  std::vector<SettingOverride> overrides = {{"memory=" + std::filesystem::absolute(preset).string(), ""}};
  for (const std::string& setting : settings) overrides.push_back({setting, ""});
  Config config = load_scenario(BITBALANCE_SOURCE_DIR "/scenarios/lenet.yaml", overrides).memory.dram.config;
  if (config.geometry.channels != 1)
    throw std::runtime_error(fmt::format("memory.channels: {}; accepted: 1", config.geometry.channels));
  return config;
}

/// Sends bursts in order, one per clock at most: one whose queue is full holds up those after it.
class Player {
 public:
  explicit Player(const Config& config)
      : config_(config), map_(config.geometry, config.controller.address_map), channel_(config) {}

  void send(Cycle clock, bool is_write, std::uint64_t address) {
    now_ = std::max(now_ + 1, clock);
    while (channel_.next() < now_) step();
    while (queued_[is_write] >= (is_write ? config_.controller.write_queue : config_.controller.read_queue)) {
      now_ = std::max(now_, channel_.next());
      step();
    }
    Burst burst;
    burst.transaction = is_write ? 1 : 0;
    burst.at = map_.locate(address);
    burst.number = address / static_cast<std::uint64_t>(config_.geometry.burst_bytes());
    burst.bytes = static_cast<std::uint32_t>(config_.geometry.burst_bytes());
    burst.is_write = is_write;
    ++queued_[is_write];
    channel_.add(burst, now_);
    collect();
  }
  /// Clock at which all is answered.
  Cycle end() {
    while (channel_.next() != kNever) step();
    return last_;
  }

 private:
  void step() {
    channel_.step();
    collect();
  }
  void collect() {
    for (const Completion& completion : channel_.completions()) {
      last_ = std::max(last_, completion.cycle);
      --queued_[completion.transaction];
    }
    channel_.completions().clear();
  }

  const Config config_;
  const AddressMap map_;
  Channel channel_;
  std::array<int, 2> queued_{};  ///< reads, writes
  Cycle now_ = -1, last_ = 0;
};

void play(const Config& config, const std::string& file) {
  std::ifstream lines(file);
  if (!lines) throw std::runtime_error(file + ": cannot be read");
  Player player(config);
  Cycle clock = 0;
  char colon = 0;
  std::string direction;
  std::uint64_t address = 0;
  while (lines >> clock >> colon >> direction >> std::hex >> address >> std::dec)
    player.send(clock, direction == "write", address);
  if (!lines.eof()) throw std::runtime_error(file + ": accepted: lines like 12: read 0x40");
  fmt::print("{} {}\n", file, player.end());
}

nlohmann::json figures(const Config& c) {
  const Timing& t = c.timing;
  const Geometry& g = c.geometry;
  return {{"name", c.name},
          {"tCK_ps", c.tck_s() * 1e12},
          {"address_map", c.controller.address_map},
          {"bank_groups", g.bank_groups},
          {"banks", g.banks},
          {"rows", g.rows},
          {"columns", g.columns},
          {"width_bits", g.width_bits},
          {"BL", g.burst_length},
          {"CL", t.cl},
          {"CWL", t.cwl},
          {"DQSCK", t.dqsck},
          {"DQSS", t.dqss},
          {"RCD", t.rcd},
          {"RP", t.rp},
          {"RPab", t.rp_ab},
          {"RAS", t.ras},
          {"RC", t.rc},
          {"RRD_S", t.rrd_s},
          {"RRD_L", t.rrd_l},
          {"FAW", t.faw},
          {"CCD_S", t.ccd_s},
          {"CCD_L", t.ccd_l},
          {"CCDMW", t.ccd_mw},
          {"RTP", t.rtp},
          {"WR", t.wr},
          {"WTR_S", t.wtr_s},
          {"WTR_L", t.wtr_l},
          {"RTW", t.rtw},
          {"PPD", t.ppd},
          {"RFC", t.rfc},
          {"RFCpb", t.rfc_pb},
          {"REFI", t.refi},
          {"read_queue", c.controller.read_queue},
          {"write_queue", c.controller.write_queue},
          {"write_high", c.controller.write_high},
          {"write_low", c.controller.write_low}};
}

int run(int argc, char* argv[]) {
  std::string preset;
  std::vector<std::string> settings, traces;
  CLI::App app("Plays traces to one channel of a timed memory");
  app.add_option("preset", preset)->required();
  app.add_option("traces", traces);
  app.add_option("--set", settings, "memory.key=value")->allow_extra_args(false);
  try {
    app.parse(argc, argv);
    const Config config = config_of(preset, settings);
    if (traces.empty()) fmt::print("{}\n", figures(config).dump());
    for (const std::string& trace : traces) play(config, trace);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "dram_player: {}\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace bitbalance::dram

int main(int argc, char* argv[]) {
  return bitbalance::dram::run(argc, argv);
}
