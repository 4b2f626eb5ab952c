#include "hw/port/control_registers.h"

namespace bitbalance::port {
namespace {

constexpr RegisterField kErrorCode = field_of(Register::kError, "code");
constexpr RegisterField kErrorCommand = field_of(Register::kError, "command");
/// By engine.
constexpr std::array<Register, kEngines> kBusy = {Register::kBusyLoad, Register::kBusyCompute,
                                                  Register::kBusyVector, Register::kBusyStore};

bool is_line_high(const RegisterFile& file) {
  return (file.get(Register::kIrqStatus) & file.get(Register::kIrqEnable)) != 0;
}

}  // namespace

ControlRegisters::ControlRegisters(const AcceleratorConfig& config) : config_hash_(config_hash(config)) {
  file_.set(Register::kConfigHash, config_hash_);
}

ControlRegisters::Request ControlRegisters::apply(CsrPort& csr) {
  csr.apply_due_writes(file_);
  note_rise();
  const std::uint32_t control = file_.take(Register::kControl);
  if ((control & kControlStart) != 0) return Request::kStart;
  return (control & kControlSoftReset) != 0 ? Request::kSoftReset : Request::kNone;
}

ProgramFault ControlRegisters::region_fault() const {
  for (const std::uint64_t base : regions().base)
    if (base % kRegionAlignment != 0) return ProgramFault::kMisalignedRegion;
  const bool fits = regions().is_addressable(Region::kConstants) && regions().is_addressable(Region::kData) &&
                    regions().contains(Region::kConstants, 0, kCommandBytes);
  return fits ? ProgramFault::kNone : ProgramFault::kBadField;
}

bool ControlRegisters::irq(const CsrPort& csr) const {
  if (!is_line_high(file_)) return false;
  RegisterFile file = file_;
  for (const CsrPort::Write& write : csr.writes()) {
    if (write.target == Register::kIrqEnable && write.made <= high_since_) continue;
    const std::uint32_t left = file.get(Register::kIrqStatus) & events_after(write);
    file.write(write.target, write.value, write.bits);
    file.set_bits(Register::kIrqStatus, left);
    if (!is_line_high(file)) return false;
  }
  return true;
}

std::uint32_t ControlRegisters::events_after(const CsrPort::Write& write) const {
  return (write.made <= done_since_ ? kIrqDone : 0) | (write.made <= error_since_ ? kIrqError : 0);
}

void ControlRegisters::note_rise() {
  const bool is_high = is_line_high(file_);
  if (is_high && !was_high_) high_since_ = sc_core::sc_delta_count();
  was_high_ = is_high;
}

ControlRegisters::Header ControlRegisters::check_header(const CommandBytes& bytes) const {
  const DecodedHeader decoded = decode_header(bytes, config_hash_);
  if (decoded.fault != ProgramFault::kNone) return {decoded.fault, 0};
  const ProgramHeader& header = decoded.header;
  const bool fits = header.constants_bytes <= regions().bytes[static_cast<int>(Region::kConstants)] &&
                    header.data_bytes <= regions().bytes[static_cast<int>(Region::kData)];
  const bool has_commands =
      header.commands > 0 && (std::uint64_t{header.commands} + 1) * kCommandBytes <= header.constants_bytes;
  if (!fits || !has_commands) return {ProgramFault::kBadField, 0};
  return {ProgramFault::kNone, header.commands};
}

void ControlRegisters::finish() {
  file_.set(Register::kStatus, kStatusIdle | kStatusDone);
  file_.set_bits(Register::kIrqStatus, kIrqDone);
  done_since_ = sc_core::sc_delta_count();
  note_rise();
}

void ControlRegisters::fail(ProgramFault cause, std::uint32_t command) {
  file_.set(Register::kStatus, kStatusBusy | kStatusError);
  file_.set(Register::kError,
            kErrorCode.place(static_cast<std::uint32_t>(cause)) | kErrorCommand.place(command));
  file_.set_bits(Register::kIrqStatus, kIrqError);
  error_since_ = sc_core::sc_delta_count();
  note_rise();
}

void ControlRegisters::stop() {
  file_.set(Register::kStatus, (file_.get(Register::kStatus) & ~kStatusBusy) | kStatusIdle);
}

void ControlRegisters::reset(CsrPort& csr) {
  RegisterFile lost;
  csr.apply_due_writes(lost);
  file_ = RegisterFile();
  file_.set(Register::kConfigHash, config_hash_);
  note_rise();
}

RegisterFile ControlRegisters::view(const Counters& counters) const {
  const auto low = [](std::int64_t value) { return static_cast<std::uint32_t>(value); };
  RegisterFile file = file_;
  file.set(Register::kCommandsDone, counters.commands_done);
  file.set(Register::kCyclesLo, low(counters.cycles));
  file.set(Register::kCyclesHi, low(counters.cycles >> 32));
  for (std::size_t e = 0; e < kBusy.size(); ++e) file.set(kBusy[e], low(counters.busy[e]));
  return file;
}

}  // namespace bitbalance::port
