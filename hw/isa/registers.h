// The control and status registers: one table, from which the offsets used in C++, the C header for firmware
// and docs/registers.md are generated, and the behaviour of a register file built from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/enum_index.h"
#include "hw/isa/program/program.h"
#include "hw/isa/program/region_map.h"

namespace bitbalance::isa {

enum class RegisterAccess : std::uint8_t {
  kReadOnly,         ///< RO: a write is an error
  kReadWrite,        ///< RW: reads back what was written, but for bits outside its fields
  kWriteOneToClear,  ///< W1C: the hardware sets bits, writing 1 clears them
  kWriteOnly,        ///< WO: a write acts once; a read is an error
};
const char* to_string(RegisterAccess access);

/// What a register's value changes by, after its reset.
enum class ChangedBy : std::uint8_t {
  kNothing,   ///< a constant of the device
  kBus,       ///< what was written is what is there
  kHardware,  ///< volatile: two reads may differ
};

enum class Register : std::uint8_t {
  kId,
  kVersion,
  kConfigHash,
  kControl,
  kStatus,
  kError,
  kIrqEnable,
  kIrqStatus,
  kConstantsBaseLo,
  kConstantsBaseHi,
  kConstantsBytes,
  kDataBaseLo,
  kDataBaseHi,
  kDataBytes,
  kCommandsDone,
  kCyclesLo,
  kCyclesHi,
  kBusyLoad,
  kBusyCompute,
  kBusyVector,
  kBusyStore,
  kCount
};
inline constexpr std::size_t kRegisterCount = static_cast<std::size_t>(Register::kCount);

/// Bits [lsb, lsb + width) of a register.
struct RegisterField {
  const char* name = nullptr;
  unsigned lsb = 0;
  unsigned width = 0;
  const char* description = nullptr;

  constexpr std::uint32_t mask() const {
    return static_cast<std::uint32_t>(((std::uint64_t{1} << width) - 1) << lsb);
  }
  /// The register's bits when this field has `value`.
  constexpr std::uint32_t place(std::uint32_t value) const { return value << lsb & mask(); }
  /// This field of a register that holds `bits`.
  constexpr std::uint32_t value_in(std::uint32_t bits) const { return (bits & mask()) >> lsb; }
};

struct RegisterInfo {
  static constexpr std::size_t kMaxFields = 4;

  Register id;
  const char* name;
  std::uint32_t offset;  ///< bytes
  RegisterAccess access;
  ChangedBy changed_by;
  std::uint32_t reset;
  const char* description;
  std::array<RegisterField, kMaxFields> fields{};  ///< unused ones have no name

  /// Bits that exist.
  constexpr std::uint32_t mask() const {
    std::uint32_t bits = 0;
    for (const RegisterField& field : fields) bits |= field.mask();
    return bits;
  }
};

/// Alignment of the two base registers: the largest burst, so that a burst never begins in front of its
/// region.
inline constexpr std::uint32_t kRegionAlignment = 256;

inline constexpr std::array<RegisterInfo, kRegisterCount> kRegisters = {{
    {Register::kId,
     "ID",
     0x00,
     RegisterAccess::kReadOnly,
     ChangedBy::kNothing,
     ProgramHeader::kMagic,
     "Identifies the device: the letters BBAL.",
     {{{"value", 0, 32, "constant"}}}},
    {Register::kVersion,
     "VERSION",
     0x04,
     RegisterAccess::kReadOnly,
     ChangedBy::kNothing,
     0x00010001,
     "Version of this register interface.",
     {{{"minor", 0, 16, "compatible changes"}, {"major", 16, 16, "incompatible changes"}}}},
    {Register::kConfigHash,
     "CONFIG_HASH",
     0x08,
     RegisterAccess::kReadOnly,
     ChangedBy::kNothing,
     0,
     "Fingerprint of the accelerator's configuration (reset value: that fingerprint). A program made for "
     "another one is refused.",
     {{{"value", 0, 32, "the program header's config_hash"}}}},
    {Register::kControl,
     "CONTROL",
     0x0c,
     RegisterAccess::kWriteOnly,
     ChangedBy::kBus,
     0,
     "Commands to the controller.",
     {{{"start", 0, 1, "run the program at CONSTANTS_BASE; ignored unless STATUS.idle"},
       {"soft_reset", 1, 1,
        "drop the program; running engines finish, then STATUS.idle; wins over start in one write"}}}},
    {Register::kStatus,
     "STATUS",
     0x10,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     1,
     "State of the controller.",
     {{{"idle", 0, 1, "no program runs and every engine and channel is empty"},
       {"busy", 1, 1, "a program runs, or is being stopped"},
       {"done", 2, 1, "the last program reached its end; cleared by start and soft_reset"},
       {"error", 3, 1, "the last program was stopped, see ERROR; cleared by start and soft_reset"}}}},
    {Register::kError,
     "ERROR",
     0x14,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Why the last program was stopped. Cleared by start and soft_reset.",
     {{{"code", 0, 8, "ProgramFault, 0: none"},
       {"command", 8, 24, "index of the command; 0 also for the header"}}}},
    {Register::kIrqEnable,
     "IRQ_ENABLE",
     0x18,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Which bits of IRQ_STATUS raise the interrupt line.",
     {{{"done", 0, 1, "end of program"}, {"error", 1, 1, "program stopped"}}}},
    {Register::kIrqStatus,
     "IRQ_STATUS",
     0x1c,
     RegisterAccess::kWriteOneToClear,
     ChangedBy::kHardware,
     0,
     "Events since they were last cleared. The line is high while IRQ_STATUS & IRQ_ENABLE is not 0. An event "
     "wins over a clear at the same clock edge. soft_reset clears all.",
     {{{"done", 0, 1, "end of program"}, {"error", 1, 1, "program stopped"}}}},
    {Register::kConstantsBaseLo,
     "CONSTANTS_BASE_LO",
     0x20,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Address of the constants region: program header, commands, weights, parameters. A multiple of 256, "
     "else start ends in MISALIGNED_REGION. The registers of both regions are captured when start is "
     "written.",
     {{{"value", 0, 32, "address bits 31..0"}}}},
    {Register::kConstantsBaseHi,
     "CONSTANTS_BASE_HI",
     0x24,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Upper half of the address of the constants region.",
     {{{"value", 0, 32, "address bits 63..32"}}}},
    {Register::kConstantsBytes,
     "CONSTANTS_BYTES",
     0x28,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Size of the constants region; nothing beyond it is read but the rest of a burst. If either region ends "
     "beyond the last 64-bit address, start ends in BAD_FIELD.",
     {{{"value", 0, 32, "bytes"}}}},
    {Register::kDataBaseLo,
     "DATA_BASE_LO",
     0x30,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Address of the data region: activations, the only place that is written. A multiple of 256, as that of "
     "the constants region.",
     {{{"value", 0, 32, "address bits 31..0"}}}},
    {Register::kDataBaseHi,
     "DATA_BASE_HI",
     0x34,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Upper half of the address of the data region.",
     {{{"value", 0, 32, "address bits 63..32"}}}},
    {Register::kDataBytes,
     "DATA_BYTES",
     0x38,
     RegisterAccess::kReadWrite,
     ChangedBy::kBus,
     0,
     "Size of the data region; nothing outside it is written.",
     {{{"value", 0, 32, "bytes"}}}},
    {Register::kCommandsDone,
     "COMMANDS_DONE",
     0x40,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Commands of the running or last program that have completed.",
     {{{"value", 0, 32, "commands"}}}},
    {Register::kCyclesLo,
     "CYCLES_LO",
     0x48,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Clock cycles of the running or last program.",
     {{{"value", 0, 32, "bits 31..0"}}}},
    {Register::kCyclesHi,
     "CYCLES_HI",
     0x4c,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Upper half of CYCLES_LO. While a program runs, read HI, LO and HI again until both HI agree.",
     {{{"value", 0, 32, "bits 63..32"}}}},
    {Register::kBusyLoad,
     "BUSY_LOAD",
     0x50,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Busy cycles of the load engine in the running or last program; wraps.",
     {{{"value", 0, 32, "cycles"}}}},
    {Register::kBusyCompute,
     "BUSY_COMPUTE",
     0x54,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Busy cycles of the compute engine; wraps.",
     {{{"value", 0, 32, "cycles"}}}},
    {Register::kBusyVector,
     "BUSY_VECTOR",
     0x58,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Busy cycles of the vector engine; wraps.",
     {{{"value", 0, 32, "cycles"}}}},
    {Register::kBusyStore,
     "BUSY_STORE",
     0x5c,
     RegisterAccess::kReadOnly,
     ChangedBy::kHardware,
     0,
     "Busy cycles of the store engine; wraps.",
     {{{"value", 0, 32, "cycles"}}}},
}};

constexpr const RegisterInfo& info(Register r) {
  return kRegisters[enum_index(r)];
}
constexpr std::uint32_t offset_of(Register r) {
  return info(r).offset;
}

/// A field by its name in the table; where a constant is asked for, a wrong name does not compile.
constexpr const RegisterField& field_of(Register r, std::string_view name) {
  for (const RegisterField& f : info(r).fields) {
    if (f.name != nullptr && name == f.name) return f;
  }
  throw "no such field";
}

inline constexpr std::uint32_t kControlStart = field_of(Register::kControl, "start").mask();
inline constexpr std::uint32_t kControlSoftReset = field_of(Register::kControl, "soft_reset").mask();
inline constexpr std::uint32_t kStatusIdle = field_of(Register::kStatus, "idle").mask();
inline constexpr std::uint32_t kStatusBusy = field_of(Register::kStatus, "busy").mask();
inline constexpr std::uint32_t kStatusDone = field_of(Register::kStatus, "done").mask();
inline constexpr std::uint32_t kStatusError = field_of(Register::kStatus, "error").mask();
inline constexpr std::uint32_t kIrqDone = field_of(Register::kIrqStatus, "done").mask();
inline constexpr std::uint32_t kIrqError = field_of(Register::kIrqStatus, "error").mask();
/// Bytes of the register window.
inline constexpr std::uint32_t kRegisterWindowBytes = kRegisters.back().offset + 4;

/// The register at this offset; nothing in the holes between registers.
std::optional<Register> register_at(std::uint64_t offset);

/// Values of all registers, with what the bus can and cannot do to them.
class RegisterFile {
 public:
  RegisterFile();

  /// Hardware side.
  std::uint32_t get(Register r) const { return values_[enum_index(r)]; }
  void set(Register r, std::uint32_t value) { values_[enum_index(r)] = value; }
  void set_bits(Register r, std::uint32_t bits) { values_[enum_index(r)] |= bits; }
  /// Reads and clears: the bits of a write-only register that await their effect.
  std::uint32_t take(Register r);
  std::uint64_t get_pair(Register lo, Register hi) const { return get(lo) | std::uint64_t{get(hi)} << 32; }
  /// As they were when the last accepted start was written, whatever has been written since.
  const RegionMap& started_regions() const { return started_regions_; }

  /// Bus side. `bits`: those that the bus's byte enables select. Write-only registers read as 0; writes to
  /// read-only ones are without effect. What an accepted start or a soft reset clears reads so at once, in
  /// STATUS, ERROR, IRQ_STATUS and the counters: polling cannot mistake the last program's end for its.
  std::uint32_t read(Register r) const;
  void write(Register r, std::uint32_t value, std::uint32_t bits = 0xffffffff);

 private:
  void write_control(std::uint32_t value);
  void capture_regions();

  std::array<std::uint32_t, kRegisterCount> values_{};
  RegionMap started_regions_;
};

/// The table as a C header for firmware.
std::string registers_c_header();
/// The table as docs/registers.md.
std::string registers_markdown();

}  // namespace bitbalance::isa
