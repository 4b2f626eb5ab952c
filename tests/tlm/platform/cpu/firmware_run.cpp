#include "tests/tlm/platform/cpu/firmware_run.h"

#include <fmt/format.h>
#include <tlm_utils/simple_target_socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "base/bits.h"
#include "hw/isa/registers.h"
#include "tests/support/child.h"
#include "tests/support/stored_case.h"
#include "tlm/memory/ideal_memory.h"
#include "tlm/memory/memory_array.h"
#include "tlm/platform/cpu/hart.h"
#include "tlm/platform/soc.h"

namespace bitbalance::test {
namespace {

/// Memory with one byte that nobody can reach; without DMI.
class BadByteMemory : public memory::MemoryModel {
 public:
  BadByteMemory(const sc_core::sc_module_name& name, std::uint64_t bytes, std::uint64_t bad)
      : MemoryModel(name), bad_(bad), array_(bytes) {
    socket_.register_b_transport(this, &BadByteMemory::b_transport);
    socket_.register_transport_dbg(this, &BadByteMemory::debug_access);
  }
  Socket& target() override { return socket_; }
  unsigned debug_access(tlm::tlm_generic_payload& transaction) override {
    return array_.debug_access(transaction);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
    delay += sc_core::sc_time(20, sc_core::SC_NS);
    const std::uint64_t at = transaction.get_address();
    const bool is_bad = bad_ >= at && bad_ - at < transaction.get_data_length();
    transaction.set_response_status(is_bad ? tlm::TLM_GENERIC_ERROR_RESPONSE : array_.access(transaction));
  }

  const std::uint64_t bad_;
  memory::MemoryArray array_;
  tlm_utils::simple_target_socket<BadByteMemory> socket_{"socket"};
};

std::unique_ptr<memory::MemoryModel> make_dram(std::uint64_t bytes, std::optional<std::uint64_t> bad) {
  if (bad) return std::make_unique<BadByteMemory>("memory", bytes, *bad);
  memory::IdealMemoryConfig config;
  config.bytes = bytes;
  return std::make_unique<memory::IdealMemory>("memory", config);
}

void access(memory::MemoryModel& dram, tlm::tlm_command command, std::vector<std::uint8_t>& bytes) {
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(0);
  transaction.set_data_ptr(bytes.data());
  transaction.set_data_length(static_cast<unsigned>(bytes.size()));
  if (dram.debug_access(transaction) != bytes.size())
    throw std::logic_error("DRAM is smaller than its image");
}

/// The images of a random program as often as there are accelerators.
stored::StoredProgram program_for(std::size_t accelerators) {
  constexpr std::uint64_t kSeed = 3;
  stored::StoredProgram program = make_stored_case(kSeed);
  const stored::StoredProgram once = program;
  for (std::size_t i = 1; i < accelerators; ++i) {
    program.inputs.insert(program.inputs.end(), once.inputs.begin(), once.inputs.end());
    program.expected.insert(program.expected.end(), once.expected.begin(), once.expected.end());
    program.labels.insert(program.labels.end(), once.labels.begin(), once.labels.end());
    program.images += once.images;
  }
  return program;
}

std::string first_change(const std::vector<std::uint8_t>& before, const std::vector<std::uint8_t>& after,
                         const platform::BootImage& image) {
  const boot_table& table = image.table;
  const auto is_output = [&](std::uint64_t address) {
    const auto within = [address](std::uint64_t begin, std::uint64_t bytes) {
      return address >= begin && address - begin < bytes;
    };
    for (std::uint32_t i = 0; i < table.accelerators; ++i)
      if (within(table.program[i].data, table.program[i].data_bytes)) return true;
    return within(table.predictions, 4 * table.images) || within(image.table_address, sizeof table);
  };
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != after[i] && !is_output(PLATFORM_DRAM_BASE + i))
      return fmt::format("{:#x}", PLATFORM_DRAM_BASE + i);
  return {};
}

std::uint32_t read_register(cpu::Hart& hart, isa::Register which) {
  std::uint32_t value = 0;
  tlm::tlm_generic_payload transaction;
  transaction.set_read();
  transaction.set_address(PLATFORM_ACCELERATOR_BASE + isa::info(which).offset);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  transaction.set_data_length(sizeof value);
  hart.bus->transport_dbg(transaction);
  return value;
}

FirmwareOutcome run(const FirmwareSettings& settings) {
  const stored::StoredProgram program = program_for(settings.accelerators);
  platform::BootImage image = platform::make_boot_image(
      std::vector<const stored::StoredProgram*>(settings.accelerators, &program), settings.boot);
  settings.spoil(image);
  constexpr std::size_t kPage = 4096;
  image.dram.resize(align_up(image.dram.size(), kPage));
  image.store_table();

  std::optional<std::uint64_t> bad;
  const boot_program& first = image.table.program[0];
  if (settings.last_constant_is_bad) bad = first.constants - PLATFORM_DRAM_BASE + first.constants_bytes - 1;
  const auto dram = make_dram(image.dram.size(), bad);
  access(*dram, tlm::TLM_WRITE_COMMAND, image.dram);
  platform::SocConfig config;
  platform::SocAccelerator accelerator;
  accelerator.config = program.accelerator;
  accelerator.options.level = settings.level;
  accelerator.options.accelerator.watchdog_cycles = 20'000;
  config.accelerators.assign(settings.accelerators, accelerator);
  config.dram_bytes = image.dram.size();
  FirmwareOutcome outcome;
  platform::Soc soc("soc", config, *dram, [&](char c) { outcome.terminal += c; });
  soc.load(platform::read_elf(BITBALANCE_SOURCE_DIR "/tlm/platform/firmware/firmware.elf"));
  cpu::HartConfig hart_config;
  for (const platform::Soc::Region& region : soc.regions())
    hart_config.regions.push_back({region.base, region.bytes});
  hart_config.reset_address = PLATFORM_FLASH_BASE;
  hart_config.boot_argument = image.table_address;
  cpu::Hart hart("cpu", hart_config);
  hart.bus.bind(soc.bus.initiators);
  hart.software_interrupt(soc.software_interrupt);
  hart.timer_interrupt(soc.timer_interrupt);
  hart.external_interrupt(soc.external_interrupt);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_SEC));

  outcome.exit_status = soc.finisher.exit_status().value_or(-1);
  outcome.fault = static_cast<ProgramFault>(read_register(hart, isa::Register::kError) & 0xff);
  outcome.interrupts = hart.interrupts_taken();
  std::vector<std::uint8_t> after(image.dram.size());
  access(*dram, tlm::TLM_READ_COMMAND, after);
  outcome.changed = first_change(image.dram, after, image);
  std::memcpy(&image.table, after.data() + (image.table_address - PLATFORM_DRAM_BASE), sizeof image.table);
  outcome.handlers = image.table.handlers;
  for (std::uint32_t i = 0; i < image.table.images; ++i) {
    std::uint32_t prediction = 0;
    std::memcpy(&prediction, after.data() + (image.table.predictions - PLATFORM_DRAM_BASE) + 4 * i, 4);
    outcome.is_right = outcome.is_right && prediction == platform::expected_class(program, i);
  }
  return outcome;
}

}  // namespace

std::string text(const FirmwareOutcome& outcome) {
  return fmt::format("{}exit {}, fault {}, {} handlers, {} interrupts, {}, changed: {}", outcome.terminal,
                     outcome.exit_status, to_string(outcome.fault), outcome.handlers, outcome.interrupts,
                     outcome.is_right ? "all predictions right" : "wrong predictions",
                     outcome.changed.empty() ? "nothing" : outcome.changed);
}

std::string run_firmware(const FirmwareSettings& settings) {
  return in_child([&] { return text(run(settings)); });
}

}  // namespace bitbalance::test
