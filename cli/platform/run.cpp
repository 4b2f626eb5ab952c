#include "cli/platform/run.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <systemc>
#include <utility>

#include "cli/check_output.h"
#include "cli/exit_codes.h"
#include "cli/overrides.h"
#include "cli/platform/logs.h"
#include "hw/program/stored_program.h"
#include "testbench/run/program_export.h"
#include "testbench/run/program_set.h"
#include "testbench/run/scenario_memory.h"
#include "testbench/scenario/platform_settings.h"
#include "testbench/scenario/settings/settings_files.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "tlm/platform/boot_image.h"
#include "tlm/platform/cpu/gdb_server.h"
#include "tlm/platform/cpu/hart.h"
#include "tlm/platform/memory_map.h"
#include "tlm/platform/soc.h"

namespace bitbalance::cli {
namespace {

void check(const PlatformArguments& arguments) {
  constexpr int kLastPort = 65535;
  if (arguments.scenario.empty() == arguments.program.empty())
    throw std::invalid_argument("scenario: accepted: either a scenario's FILE, or --program DIR");
  if (!(arguments.quantum_ns >= 0 && arguments.quantum_ns <= 1e9))
    refuse("--quantum-ns", fmt::format("{}", arguments.quantum_ns), "0 to 1e9");
  if (!(arguments.timeout_ms > 0 && arguments.timeout_ms <= 1e9))
    refuse("--timeout-ms", fmt::format("{}", arguments.timeout_ms), "more than 0, to 1e9");
  if (arguments.gdb && (*arguments.gdb < 0 || *arguments.gdb > kLastPort))
    refuse("--gdb", std::to_string(*arguments.gdb), fmt::format("0 to {}", kLastPort));
  if (!arguments.platform.empty() && (arguments.accelerators || !arguments.level.empty()))
    refuse("--platform", arguments.platform, "without --accelerators and --level");
  if (!arguments.program.empty() && !(arguments.settings.empty() && arguments.images.empty()))
    refuse("--program", arguments.program, "without --set and --images");
  for (const auto& [option, value] :
       {std::pair{"--initiator", &arguments.initiator}, {"--target", &arguments.target}}) {
    if (!value->empty() && arguments.transactions.empty())
      refuse(option, *value, "together with --transactions");
  }
}

/// Ahead of the work.
void check_files(const PlatformArguments& arguments, SettingsFiles& files) {
  files.note(arguments.firmware);
  if (!arguments.program.empty()) files.note(arguments.program);
  check_outputs(
      {{"--uart", arguments.uart}, {"--waves", arguments.waves}, {"--transactions", arguments.transactions}},
      files.read());
}

/// The accelerators, as the file of the platform or the options have them.
std::vector<PlatformAccelerator> accelerators_of(const PlatformArguments& arguments, SettingsFiles& files) {
  std::vector<PlatformAccelerator> accelerators;
  if (!arguments.platform.empty()) {
    accelerators = load_platform(arguments.platform, PLATFORM_MAX_ACCELERATORS, &files).accelerators;
  } else {
    const int count = arguments.accelerators.value_or(1);
    if (count < 1 || count > PLATFORM_MAX_ACCELERATORS)
      refuse("--accelerators", std::to_string(count), fmt::format("1 to {}", PLATFORM_MAX_ACCELERATORS));
    PlatformAccelerator accelerator;
    if (!arguments.level.empty()) accelerator.level = value_of("--level", arguments.level, kLevels);
    accelerators.assign(static_cast<std::size_t>(count), accelerator);
  }
  return accelerators;
}

/// A program, and the scenario that it stands for: its accelerator, memory and how it is simulated.
struct Job {
  Scenario scenario;
  stored::StoredProgram program;
};

Job job_of(const PlatformArguments& arguments, const std::filesystem::path& accelerator,
           SettingsFiles& files) {
  if (!arguments.program.empty()) {
    if (!accelerator.empty())
      refuse("--program", arguments.program, "accelerators without settings of their own");
    check_files(arguments, files);
    stored::StoredProgram program = stored::load_program(arguments.program);
    Scenario scenario = scenario_of(program);
    return {std::move(scenario), std::move(program)};
  }
  std::vector<SettingOverride> overrides;
  add_override(overrides, "accelerator", accelerator.string(), "--platform");
  const std::vector<SettingOverride> given = overrides_of(arguments.settings);
  overrides.insert(overrides.end(), given.begin(), given.end());
  overrides.push_back({"run.level=tlm", "bitbalance-platform"});
  add_override(overrides, "network.count", arguments.images, "--images");
  Scenario scenario = load_scenario(arguments.scenario, overrides, &files);
  check_files(arguments, files);
  stored::StoredProgram program = export_program(scenario, [](double) {});
  return {std::move(scenario), std::move(program)};
}

/// Everything that a run needs, made in this order.
class Machine {
 public:
  explicit Machine(const PlatformArguments& arguments)
      : arguments_(arguments), accelerators_(accelerators_of(arguments, files_)) {
    platform::BootSettings settings;
    settings.wait = value_of("--wait", arguments.wait, kWaits);
    settings.timeout_ticks = static_cast<std::uint64_t>(arguments.timeout_ms * 1e-3 * PLATFORM_TIMER_HZ);
    settings.spin = arguments.spin;
    if (!arguments.exercise.empty())
      settings.exercise = value_of("--exercise", arguments.exercise, kExercises);
    for (const PlatformAccelerator& accelerator : accelerators_) {
      auto& job = jobs_[accelerator.accelerator];
      if (!job) job = std::make_unique<Job>(job_of(arguments, accelerator.accelerator, files_));
      programs_.push_back(&job->program);
    }
    boot_ = platform::make_boot_image(programs_, settings);
  }

  int run();

 private:
  const Job& job(std::size_t accelerator) const { return *jobs_.at(accelerators_[accelerator].accelerator); }
  platform::SocConfig soc_config(std::uint64_t dram_bytes) const;
  std::vector<std::string> initiators() const;
  /// Nothing when none is asked for.
  std::unique_ptr<TransactionLog> log_transactions(adapter::AddressRouter& bus) const;
  int report(const platform::Soc& soc, const cpu::Hart& hart, memory::MemoryModel& dram);

  const PlatformArguments& arguments_;
  SettingsFiles files_;
  std::vector<PlatformAccelerator> accelerators_;
  std::map<std::filesystem::path, std::unique_ptr<Job>> jobs_;  ///< by the accelerator's settings
  std::vector<const stored::StoredProgram*> programs_;          ///< of each accelerator
  platform::BootImage boot_;
};

platform::SocConfig Machine::soc_config(std::uint64_t dram_bytes) const {
  platform::SocConfig config;
  for (std::size_t i = 0; i < accelerators_.size(); ++i) {
    const Scenario& scenario = job(i).scenario;
    platform::SocAccelerator accelerator;
    accelerator.config = scenario.accelerator;
    accelerator.options.level =
        accelerators_[i].level == Level::kRtl ? adapter::Level::kRtl : adapter::Level::kTlm;
    accelerator.options.accelerator.watchdog_cycles = scenario.run.watchdog_cycles;
    accelerator.options.accelerator.use_dmi = scenario.run.dmi && !arguments_.no_dmi;
    accelerator.options.accelerator.threads = scenario.run.threads;
    config.accelerators.push_back(accelerator);
  }
  config.dmi = !arguments_.no_dmi;
  config.dram_bytes = dram_bytes;
  return config;
}

std::vector<std::string> Machine::initiators() const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < accelerators_.size(); ++i) names.push_back(fmt::format("accelerator{}", i));
  names.emplace_back("cpu");
  return names;
}

cpu::HartConfig hart_config(const platform::Soc& soc, std::uint64_t table_address) {
  cpu::HartConfig config;
  for (const platform::Soc::Region& region : soc.regions())
    config.regions.push_back({region.base, region.bytes});
  config.reset_address = PLATFORM_FLASH_BASE;
  config.boot_argument = table_address;
  return config;
}

void access_dram(memory::MemoryModel& dram, tlm::tlm_command command, std::uint64_t address, void* data,
                 std::size_t bytes) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address - PLATFORM_DRAM_BASE);
  transaction.set_data_ptr(static_cast<unsigned char*>(data));
  transaction.set_data_length(static_cast<unsigned>(bytes));
  if (dram.debug_access(transaction) != bytes)
    throw std::logic_error("the boot loader reads or writes beyond the DRAM");
}

std::unique_ptr<TransactionLog> Machine::log_transactions(adapter::AddressRouter& bus) const {
  if (arguments_.transactions.empty()) return nullptr;
  auto log = std::make_unique<TransactionLog>(arguments_, initiators(), bus.targets());
  bus.observe([&log = *log](const sc_core::sc_time& time, int initiator, const std::string& target,
                            const tlm::tlm_generic_payload& transaction) {
    log.add(time, initiator, target, transaction);
  });
  return log;
}

int Machine::run() {
  // That sc_stop was called, or a waveform has a unit of time, is no news.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  const platform::ElfFile firmware = platform::read_elf(arguments_.firmware);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(arguments_.quantum_ns, sc_core::SC_NS));
  const std::uint64_t dram_bytes = page_aligned(boot_.dram.size());
  const Scenario& scenario = job(0).scenario;
  const auto dram = make_memory(scenario, dram_bytes, !arguments_.no_dmi);
  access_dram(*dram, tlm::TLM_WRITE_COMMAND, PLATFORM_DRAM_BASE, boot_.dram.data(), boot_.dram.size());

  Terminal terminal(arguments_.uart);
  platform::Soc soc("soc", soc_config(dram_bytes), *dram, [&](char c) { terminal.show(c); });
  soc.load(firmware);
  cpu::Hart hart("cpu", hart_config(soc, boot_.table_address));
  hart.bus.bind(soc.bus.initiators);
  hart.software_interrupt(soc.software_interrupt);
  hart.timer_interrupt(soc.timer_interrupt);
  hart.external_interrupt(soc.external_interrupt);
  std::unique_ptr<cpu::GdbServer> gdb;
  if (arguments_.gdb) {
    gdb = std::make_unique<cpu::GdbServer>(*arguments_.gdb);
    hart.attach(*gdb);
    std::fprintf(stderr, "waiting for gdb: target remote :%d\n", gdb->port());
  }
  const std::unique_ptr<TransactionLog> log = log_transactions(soc.bus);
  std::unique_ptr<Waves> waves;
  if (!arguments_.waves.empty()) {
    waves = std::make_unique<Waves>(arguments_.waves);
    soc.trace(waves->trace());
  }

  const auto start = std::chrono::steady_clock::now();
  sc_core::sc_start();
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  terminal.close();
  if (log) log->close();
  if (waves) waves->close();
  const int exit_code = report(soc, hart, *dram);
  const double millions = static_cast<double>(hart.instructions()) * 1e-6;
  std::fprintf(stderr, "%.3f ms simulated in %.2f s: %.1f million instructions, %.1f million per second\n",
               sc_core::sc_time_stamp().to_seconds() * 1e3, wall_s, millions, millions / wall_s);
  return exit_code;
}

int Machine::report(const platform::Soc& soc, const cpu::Hart& hart, memory::MemoryModel& dram) {
  const std::optional<int> status = soc.finisher.exit_status();
  if (!status) {
    fmt::print("the processor sleeps, and nothing will ever wake it\n");
    return kExitFail;
  }
  const boot_table& table = boot_.table;  // as it was: the guest may have written over it
  boot_table told;
  access_dram(dram, tlm::TLM_READ_COMMAND, boot_.table_address, &told, sizeof told);
  std::vector<std::uint32_t> predictions(table.images);
  access_dram(dram, tlm::TLM_READ_COMMAND, table.predictions, predictions.data(),
              predictions.size() * sizeof predictions[0]);
  for (std::size_t i = 0; i < accelerators_.size(); ++i) {
    const std::string& reason = soc.accelerator(i).fault_reason();
    if (!reason.empty()) fmt::print("accelerator{}: {}\n", i, reason);
  }
  const auto tell_rest = [&] {
    fmt::print("{} programs, {} interrupts taken, handler ran {} times\n", told.programs,
               hart.interrupts_taken(), told.handlers);
  };
  if (*status != 0) {
    fmt::print("exit status {}, predictions not compared\n", *status);
    tell_rest();
    return kExitFail;
  }
  std::size_t right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const stored::StoredProgram& program = *programs_[i / table.batch % programs_.size()];
    const std::uint32_t expected = platform::expected_class(program, static_cast<std::int64_t>(i));
    right += static_cast<std::size_t>(predictions[i] == expected);
  }
  fmt::print("exit status 0, {} of {} predictions are the golden model's\n", right, predictions.size());
  tell_rest();
  return right == predictions.size() ? kExitPass : kExitFail;
}

}  // namespace

int run_platform(const PlatformArguments& arguments) {
  check(arguments);
  return Machine(arguments).run();
}

}  // namespace bitbalance::cli
