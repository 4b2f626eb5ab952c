// Program images: decoded, run by the accelerator at level tlm in whatever state the program before left it,
// and where that ends well, by the interpreter of the tests.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <systemc>

#include "base/process/main_stack.h"
#include "hw/compiler/mapper.h"
#include "hw/isa/command/command.h"
#include "testbench/run/system/driver.h"
#include "tests/fuzz/mutation.h"
#include "tests/support/damaged_program.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tlm/accelerator/accelerator.h"
#include "tlm/memory/ideal_memory.h"

namespace bitbalance::fuzz {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kConstantsBytes = 1 << 20;
constexpr std::uint32_t kDataBytes = 1 << 18;
constexpr std::uint64_t kDataBase = kPage + kConstantsBytes;

/// An accelerator with its memory. SystemC elaborates once a process: one serves all inputs.
class Machine {
 public:
  explicit Machine(const AcceleratorConfig& config)
      : memory_("memory", memory_config()), accelerator_("accelerator", config, {20'000, true, 1}) {
    accelerator_.mem.bind(memory_.socket);
    accelerator_.irq(irq_);
    driver_.irq(irq_);
    driver_.csr.bind(accelerator_.csr);
  }

  ProgramFault run(const std::string& image, std::uint32_t data_bytes) {
    std::vector<std::uint8_t>& memory = memory_.data();
    std::fill(memory.begin(), memory.end(), 0x55);
    std::copy(image.begin(), image.end(), memory.begin() + kPage);
    ProgramRegions regions;
    regions.constants_base = kPage;
    regions.constants_bytes = static_cast<std::uint32_t>(image.size());
    regions.data_base = kDataBase;
    regions.data_bytes = data_bytes;
    driver_.submit(regions);
    // Then once more: a program that is stopped reports at once, and ends when its engines do.
    for (bool is_over = false; !is_over;) {
      is_over = driver_.idle();
      sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_MS));
    }
    tell_main_stack();
    const auto is_kept = [&](auto first, auto last) {
      return std::all_of(first, last, [](std::uint8_t byte) { return byte == 0x55; });
    };
    const auto constants_end = memory.begin() + static_cast<std::ptrdiff_t>(kPage + image.size());
    const auto data = memory.begin() + static_cast<std::ptrdiff_t>(kDataBase);
    if (!std::equal(image.begin(), image.end(), memory.begin() + kPage,
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }) ||
        !is_kept(memory.begin(), memory.begin() + kPage) || !is_kept(constants_end, data) ||
        !is_kept(data + data_bytes, memory.end()))
      throw std::logic_error("something outside the data region was written");
    return driver_.outcome().fault;
  }

 private:
  static IdealMemoryConfig memory_config() {
    IdealMemoryConfig config;
    config.bytes = kDataBase + kDataBytes + kPage;
    return config;
  }

  sc_core::sc_signal<bool> irq_{"irq"};
  IdealMemory memory_;
  tlm_level::Accelerator accelerator_;
  Driver driver_{"driver"};
};

CommandBytes record(const std::string& image, std::size_t index) {
  CommandBytes bytes{};
  std::memcpy(bytes.data(), image.data() + index * kCommandBytes, kCommandBytes);
  return bytes;
}

class ProgramTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    std::vector<std::string> all;
    constexpr std::uint64_t kNetworks = 60;
    for (std::uint64_t seed = 1; seed <= kNetworks; ++seed) {
      test::RandomCase c = test::make_random_case(seed);
      try {
        MapperOptions options;
        options.batch = c.mapped.program.batch;
        for (QuantizedLayer& layer : c.network.layers) layer.token_form = config_.token_form;
        for (const MappedProgram& segment : build_segments(c.network, config_, options)) {
          const Program& program = segment.program;
          if (program.constants.size() <= kConstantsBytes / 4 && program.data_bytes <= kDataBytes)
            all.emplace_back(program.constants.begin(), program.constants.end());
        }
      } catch (const std::invalid_argument&) {
        continue;  // more tokens in binary than in signed digits, or too large
      }
    }
    return all;
  }

  /// A record that is damaged and sealed again, or put into another's place.
  std::string damage(std::string bytes, Random& random) override {
    const std::size_t commands = commands_of(bytes);
    if (commands == 0) return bytes;
    if (below(8, random) == 0) return with_header(std::move(bytes), random);
    const std::size_t index = below(commands, random);
    const std::size_t from = below(4, random) == 0 ? below(commands, random) : index;
    CommandBytes raw = record(bytes, 1 + from);
    for (std::size_t n = below(3, random); n > 0; --n)
      raw[below(60, random)] = static_cast<std::uint8_t>(random());
    if (below(2, random) == 0) {
      const auto number = static_cast<std::uint64_t>(edge_number(random));
      const std::size_t at = 8 + below(48, random);
      std::memcpy(&raw[at], &number, std::size_t{1} << below(3, random));
    }
    std::memcpy(&bytes[(1 + index) * kCommandBytes],
                test::sealed(raw, static_cast<std::uint32_t>(index)).data(), kCommandBytes);
    return bytes;
  }

  void read(const std::string& bytes) override {
    if (!machine_) {
      sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DO_NOTHING);  // hangs
      machine_ = std::make_unique<Machine>(config_);
    }
    const std::string image = bytes.substr(0, kConstantsBytes);
    const std::uint32_t data_bytes = data_bytes_of(image);
    if (const ProgramFault fault = machine_->run(image, data_bytes); fault != ProgramFault::kNone)
      throw std::invalid_argument(to_string(fault));
    interpret(image, data_bytes);
  }

 private:
  static std::size_t commands_of(const std::string& image) {
    return image.size() < kCommandBytes ? 0 : image.size() / kCommandBytes - 1;
  }

  std::uint32_t data_bytes_of(const std::string& image) const {
    if (image.size() < kCommandBytes) return kDataBytes;
    return std::min(kDataBytes, decode_header(record(image, 0), config_hash(config_)).header.data_bytes);
  }

  std::string with_header(std::string bytes, Random& random) const {
    ProgramHeader header = decode_header(record(bytes, 0), config_hash(config_)).header;
    std::uint32_t* const fields[] = {&header.config_hash, &header.commands, &header.constants_bytes,
                                     &header.data_bytes};
    *fields[below(std::size(fields), random)] = static_cast<std::uint32_t>(edge_number(random));
    std::memcpy(bytes.data(), encode(header).data(), kCommandBytes);
    return bytes;
  }

  void interpret(const std::string& image, std::uint32_t data_bytes) const {
    Program program;
    program.constants.assign(image.begin(), image.end());
    program.constants_bytes = static_cast<std::uint32_t>(image.size());
    program.data_bytes = data_bytes;
    const ProgramHeader header = decode_header(record(image, 0), config_hash(config_)).header;
    for (std::uint32_t index = 0; index < header.commands; ++index)
      program.commands.push_back(decode(record(image, index + 1), index).command);
    try {
      test::interpret(program, config_, std::vector<std::uint8_t>(data_bytes, 0x55), 1);
    } catch (const std::logic_error&) {  // it lets engines run further ahead than queues allow
      throw std::invalid_argument("refused by the interpreter");
    }
  }

  static AcceleratorConfig with_tables() {
    AcceleratorConfig config;
    config.lookup_tables = AcceleratorConfig::kMaxTables;
    return config;
  }

  const AcceleratorConfig config_ = with_tables();
  std::unique_ptr<Machine> machine_;
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<ProgramTarget>();
}

}  // namespace bitbalance::fuzz
