// `bitbalance-platform`: a scenario's network run by firmware on a RISC-V system-on-chip. A program of its
// own, because the processor is an emulator under GPL-2.0.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <systemc>
#include <vector>

#include "base/outside_text.h"
#include "cli/command_line.h"
#include "cli/exit_codes.h"
#include "cli/names.h"
#include "cli/platform_boot.h"
#include "testbench/golden/golden.h"
#include "testbench/run/console.h"
#include "testbench/run/scenario_memory.h"
#include "testbench/scenario/settings_writer.h"
#include "tlm/platform/cpu/gdb_server.h"
#include "tlm/platform/cpu/hart.h"
#include "tlm/platform/memory_map.h"
#include "tlm/platform/soc.h"

namespace bitbalance::cli {
namespace {

struct PlatformArguments {
  std::string scenario;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string level = "tlm";
  std::string images;  ///< empty: not given
  std::string wait = "interrupt";
  std::string firmware = BITBALANCE_FIRMWARE;
  std::string uart, vcd, transactions, target;  ///< empty: not given
  double quantum_ns = 10'000;
  bool no_dmi = false;
  int accelerators = 1;
  double timeout_ms = 1000;
  std::uint32_t spin = 0;
  int gdb = -1;  ///< port; -1: not given
};

[[noreturn]] void refuse(const char* option, const std::string& value, const std::string& accepted) {
  throw std::invalid_argument(fmt::format("{}: '{}'; accepted: {}", option, value, accepted));
}

void check(const PlatformArguments& arguments) {
  if (arguments.level != "tlm" && arguments.level != "rtl") refuse("--level", arguments.level, "tlm, rtl");
  if (arguments.wait != "interrupt" && arguments.wait != "poll")
    refuse("--wait", arguments.wait, "interrupt, poll");
  if (!(arguments.quantum_ns >= 0 && arguments.quantum_ns <= 1e9))
    refuse("--quantum-ns", fmt::format("{}", arguments.quantum_ns), "0 to 1e9");
  if (!(arguments.timeout_ms > 0 && arguments.timeout_ms <= 1e9))
    refuse("--timeout-ms", fmt::format("{}", arguments.timeout_ms), "more than 0, to 1e9");
  if (arguments.accelerators < 1 || arguments.accelerators > PLATFORM_MAX_ACCELERATORS) {
    refuse("--accelerators", std::to_string(arguments.accelerators),
           fmt::format("1 to {}", PLATFORM_MAX_ACCELERATORS));
  }
  if (!arguments.target.empty() && arguments.transactions.empty())
    refuse("--target", arguments.target, "together with --transactions");
}

Scenario scenario_of(const PlatformArguments& arguments) {
  std::vector<SettingOverride> overrides;
  for (const std::string& setting : arguments.settings) overrides.push_back({setting, ""});
  overrides.push_back({"run.level=" + arguments.level, "--level"});
  if (!arguments.images.empty())
    overrides.push_back({"network.count=" + yaml_quoted(arguments.images), "--images"});
  return load_scenario(arguments.scenario, overrides);
}

std::ofstream open_log(const char* option, const std::string& file) {
  std::ofstream stream(file);
  if (!stream) refuse(option, file, "a file that can be written");
  return stream;
}

/// The terminal: standard output, and a file if one is given.
class Terminal {
 public:
  explicit Terminal(const std::string& file) {
    if (!file.empty()) log_ = open_log("--uart", file);
  }
  void show(char c) {
    std::fputc(c, stdout);
    if (log_.is_open()) log_.put(c);
  }

 private:
  std::ofstream log_;
};

/// One line of CSV for each transaction on the bus.
class TransactionLog {
 public:
  TransactionLog(const PlatformArguments& arguments)
      : file_(open_log("--transactions", arguments.transactions)), target_(arguments.target) {
    file_ << "time_ns,initiator,target,command,address,bytes,answer\n";
  }
  void add(const sc_core::sc_time& time, int initiator, int accelerators, const std::string& target,
           const tlm::tlm_generic_payload& transaction) {
    if (!target_.empty() && target != target_) return;
    file_ << fmt::format("{:.3f},{},{},{},{:#x},{},{}\n", time.to_seconds() * 1e9,
                         initiator == accelerators ? "cpu" : fmt::format("accelerator{}", initiator), target,
                         transaction.is_write() ? "write" : "read", transaction.get_address(),
                         transaction.get_data_length(), transaction.get_response_string());
  }

 private:
  std::ofstream file_;
  std::string target_;  ///< empty: all
};

platform::SocConfig soc_config(const PlatformArguments& arguments, const Scenario& scenario,
                               std::uint64_t dram_bytes) {
  platform::SocConfig config;
  config.options.level = arguments.level == "rtl" ? adapter::Level::kRtl : adapter::Level::kTlm;
  config.accelerators = arguments.accelerators;
  config.accelerator = scenario.accelerator;
  config.options.accelerator.watchdog_cycles = scenario.run.watchdog_cycles;
  config.options.accelerator.use_dmi = scenario.run.dmi && !arguments.no_dmi;
  config.options.accelerator.threads = scenario.run.threads;
  config.dmi = !arguments.no_dmi;
  config.dram_bytes = dram_bytes;
  config.dram_has_ports = scenario.memory.model == MemoryTiming::kTimed;
  return config;
}

cpu::HartConfig hart_config(const platform::Soc& soc, const BootImage& boot) {
  cpu::HartConfig config;
  for (const platform::Soc::Region& region : soc.regions())
    config.regions.push_back({region.base, region.bytes});
  config.reset_address = PLATFORM_FLASH_BASE;
  config.boot_argument = boot.table_address;
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

/// How many images the firmware takes for what the golden model takes them for.
std::size_t right_predictions(const Workload& workload, const Scenario& scenario,
                              const std::vector<std::uint32_t>& predictions) {
  GoldenOptions options;
  options.threads = scenario.run.threads;
  if (scenario.accelerator.allow_wrap) {
    options.wrap_bits_8 = scenario.accelerator.accumulator_bits_8;
    options.wrap_bits_16 = scenario.accelerator.accumulator_bits_16;
  }
  GoldenModel golden(workload.network, options);
  std::size_t right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<Plane>& planes = golden.run(workload.images[i]);
    const std::vector<int> decision =
        golden::decisions(planes[workload.network.output], workload.task.classes);
    right += static_cast<std::size_t>(static_cast<std::uint32_t>(decision.front()) == predictions[i]);
  }
  return right;
}

int run_platform(const PlatformArguments& arguments) {
  check(arguments);
  const Scenario scenario = scenario_of(arguments);
  const platform::ElfFile firmware = platform::read_elf(arguments.firmware);
  const Workload workload = prepare_workload(scenario, [](double) {});
  const ProgramSet programs(scenario, workload.network, static_cast<int>(workload.images.size()));
  BootSettings settings;
  settings.accelerators = arguments.accelerators;
  settings.wait = arguments.wait == "poll" ? BOOT_WAIT_POLL : BOOT_WAIT_INTERRUPT;
  settings.timeout_ticks = static_cast<std::uint64_t>(arguments.timeout_ms * 1e-3 * PLATFORM_TIMER_HZ);
  settings.spin = arguments.spin;
  BootImage boot = make_boot_image(scenario, workload, programs, settings);

  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(arguments.quantum_ns, sc_core::SC_NS));
  constexpr std::uint64_t kPage = 4096;
  const std::uint64_t dram_bytes = (boot.dram.size() + kPage - 1) / kPage * kPage;
  const auto dram =
      make_memory(scenario.memory, dram_bytes,
                  sc_core::sc_time(1.0 / scenario.accelerator.clock_hz, sc_core::SC_SEC), !arguments.no_dmi);
  access_dram(*dram, tlm::TLM_WRITE_COMMAND, PLATFORM_DRAM_BASE, boot.dram.data(), boot.dram.size());

  Terminal terminal(arguments.uart);
  platform::Soc soc("soc", soc_config(arguments, scenario, dram_bytes), *dram,
                    [&](char c) { terminal.show(c); });
  soc.load(firmware);
  cpu::Hart hart("cpu", hart_config(soc, boot));
  hart.bus.bind(soc.bus.initiators);
  hart.software_interrupt(soc.software_interrupt);
  hart.timer_interrupt(soc.timer_interrupt);
  hart.external_interrupt(soc.external_interrupt);
  std::unique_ptr<cpu::GdbServer> gdb;
  if (arguments.gdb >= 0) {
    gdb = std::make_unique<cpu::GdbServer>(arguments.gdb);
    hart.attach(*gdb);
    std::fprintf(stderr, "waiting for gdb: target remote :%d\n", gdb->port());
  }
  std::unique_ptr<TransactionLog> log;
  if (!arguments.transactions.empty()) {
    log = std::make_unique<TransactionLog>(arguments);
    soc.bus.observe([&](const sc_core::sc_time& time, int initiator, const std::string& target,
                        const tlm::tlm_generic_payload& transaction) {
      log->add(time, initiator, arguments.accelerators, target, transaction);
    });
  }
  sc_core::sc_trace_file* trace = nullptr;
  if (!arguments.vcd.empty()) {
    trace = sc_core::sc_create_vcd_trace_file(arguments.vcd.c_str());
    soc.trace(trace);
  }

  sc_core::sc_report_handler::set_actions("/OSCI/SystemC",
                                          sc_core::SC_DO_NOTHING);  // that sc_stop was called
  const auto start = std::chrono::steady_clock::now();
  sc_core::sc_start();
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (trace != nullptr) sc_core::sc_close_vcd_trace_file(trace);

  if (!soc.finisher.exit_status()) {
    fmt::print("the processor sleeps, and nothing will ever wake it\n");
    return kExitFail;
  }
  access_dram(*dram, tlm::TLM_READ_COMMAND, boot.table_address, &boot.table, sizeof boot.table);
  std::vector<std::uint32_t> predictions(boot.table.images);
  access_dram(*dram, tlm::TLM_READ_COMMAND, boot.table.predictions, predictions.data(),
              predictions.size() * sizeof predictions[0]);
  for (int i = 0; i < arguments.accelerators; ++i) {
    const std::string& reason = soc.accelerator(static_cast<std::size_t>(i)).fault_reason();
    if (!reason.empty()) fmt::print("accelerator{}: {}\n", i, reason);
  }
  const std::size_t right =
      *soc.finisher.exit_status() == 0 ? right_predictions(workload, scenario, predictions) : 0;
  fmt::print("exit status {}, {} of {} predictions are the golden model's\n", *soc.finisher.exit_status(),
             right, predictions.size());
  fmt::print("{} programs, {} interrupts taken, handler ran {} times\n", boot.table.programs,
             hart.interrupts_taken(), boot.table.handlers);
  std::fprintf(stderr, "%.3f ms simulated in %.2f s: %.1f million instructions, %.1f million per second\n",
               sc_core::sc_time_stamp().to_seconds() * 1e3, wall_s,
               static_cast<double>(hart.instructions()) * 1e-6,
               static_cast<double>(hart.instructions()) * 1e-6 / wall_s);
  return right == predictions.size() ? kExitPass : kExitFail;
}

void declare(CLI::App& app, PlatformArguments& arguments) {
  app.add_option("scenario", arguments.scenario, "what to run: network, images, accelerator, memory")
      ->required()
      ->type_name("FILE");
  add_texts(app, "--set", arguments.settings, "override a setting of the scenario")
      ->type_name("path.to.key=value");
  app.add_option("--level", arguments.level, "level of detail of the accelerators: tlm, rtl")
      ->capture_default_str();
  app.add_option("--images", arguments.images, "images to run (network.count), 0: all")->type_name("N");
  app.add_option("--accelerators", arguments.accelerators, "how many share the images")
      ->check(whole_number_check())
      ->capture_default_str();
  app.add_option("--quantum-ns", arguments.quantum_ns, "how far the processor may be ahead of the kernel")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_flag("--no-dmi", arguments.no_dmi, "every access to RAM and DRAM is a transaction");
  app.add_option("--wait", arguments.wait, "how the driver waits: interrupt, poll")->capture_default_str();
  app.add_option("--timeout-ms", arguments.timeout_ms, "after which the driver gives a program up")
      ->check(real_number_check())
      ->capture_default_str();
  app.add_option("--spin", arguments.spin,
                 "rounds of a loop that the firmware runs first, to measure its speed")
      ->check(whole_number_check());
  app.add_option("--firmware", arguments.firmware, "another program for the processor")
      ->type_name("FILE.elf");
  app.add_option("--uart", arguments.uart, "also write what the terminal shows here")->type_name("FILE");
  app.add_option("--vcd", arguments.vcd, "waveform of bus and interrupt lines")
      ->type_name("NAME, without .vcd");
  app.add_option("--transactions", arguments.transactions, "every transaction on the bus, as CSV")
      ->type_name("FILE");
  app.add_option("--target", arguments.target, "with --transactions: of this target only")->type_name("NAME");
  app.add_option("--gdb", arguments.gdb, "wait for GDB on this port of this machine; 0: any that is free")
      ->check(whole_number_check())
      ->type_name("PORT");
  app.footer(R"(
Examples:
  bitbalance-platform scenarios/lenet.yaml
  bitbalance-platform scenarios/lenet.yaml --level rtl --images 8 --wait poll --quantum-ns 0 --no-dmi

Exit code: 0 if the firmware ends with 0 and every prediction is the golden model's, 1 if not, 2 for a mistake in
arguments or files, 3 if this machine refuses, the last two told in one line.)");
}

int parse_and_run(int argc, char* argv[]) {
  CLI::App app{"Runs a scenario's network by firmware on a RISC-V system-on-chip.", "bitbalance-platform"};
  PlatformArguments arguments;
  declare(app, arguments);
  try {
    read_command_line(app, argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  }
  return run_platform(arguments);
}

int failure(const std::string& why, int exit_code) {
  std::fprintf(stderr, "bitbalance-platform: %s\n", one_line(why).c_str());
  return exit_code;
}

}  // namespace
}  // namespace bitbalance::cli

int sc_main(int argc, char* argv[]) {
  using namespace bitbalance::cli;
  bitbalance::runner::claim_standard_streams();
  try {
    const int exit_code = parse_and_run(argc, argv);
    bitbalance::runner::finish_stdout();
    return exit_code;
  } catch (const std::invalid_argument& mistake) {
    return failure(mistake.what(), kExitUsage);
  } catch (const std::bad_alloc&) {
    return failure("out of memory", kExitMachine);
  } catch (const std::exception& error) {
    return failure(error.what(), kExitMachine);
  }
}

int main(int argc, char* argv[]) {
  ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // read before sc_main
  return sc_core::sc_elab_and_sim(argc, argv);
}
