#include "tlm/platform/cpu/emulator.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace bitbalance::cpu {
namespace {

// mcause of synchronous exceptions: privileged specification, table "mcause values".
constexpr std::uint64_t kFetchFault = 1;
constexpr std::uint64_t kIllegalInstruction = 2;
constexpr std::uint64_t kBreakpoint = 3;
constexpr std::uint64_t kLoadFault = 5;
constexpr std::uint64_t kStoreFault = 7;
constexpr std::uint64_t kEnvironmentCallFromU = 8;  // what Unicorn reports from every mode
constexpr std::uint64_t kEnvironmentCallFromM = 11;

/// Bytes of what a device is asked for at once.
constexpr unsigned kWidest = 4;

void require(uc_err error, const char* what) {
  if (error != UC_ERR_OK)
    throw std::runtime_error(std::string("unicorn, ") + what + ": " + uc_strerror(error));
}

Emulator& of(void* self) {
  return *static_cast<Emulator*>(self);
}

int id_of(Csr csr) {
  switch (csr) {
    case Csr::kMstatus:
      return UC_RISCV_REG_MSTATUS;
    case Csr::kMie:
      return UC_RISCV_REG_MIE;
    case Csr::kMtvec:
      return UC_RISCV_REG_MTVEC;
    case Csr::kMepc:
      return UC_RISCV_REG_MEPC;
    case Csr::kMcause:
      return UC_RISCV_REG_MCAUSE;
    case Csr::kMtval:
      return UC_RISCV_REG_MTVAL;
  }
  return UC_RISCV_REG_INVALID;
}

uc_engine* open_engine() {
  uc_engine* engine = nullptr;
  require(uc_open(UC_ARCH_RISCV, UC_MODE_RISCV64, &engine), "open");
  return engine;
}

}  // namespace

Emulator::Emulator(Surroundings& surroundings) : surroundings_(surroundings), engine_(open_engine()) {
  add_hook(UC_HOOK_BLOCK, &Emulator::on_block);
  add_hook(UC_HOOK_INTR, &Emulator::on_exception);
  add_hook(UC_HOOK_INSN_INVALID, &Emulator::on_invalid);
  add_hook(UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_PROT, &Emulator::on_unmapped);
}

template <class Callback>
uc_hook Emulator::add_hook(int type, Callback callback) {
  uc_hook hook = 0;
  // Unicorn takes every callback as a void*; begin > end: at every address.
  require(uc_hook_add(engine_.get(), &hook, type, reinterpret_cast<void*>(callback), this, std::uint64_t{1},
                      std::uint64_t{0}),
          "hook");
  return hook;
}

void Emulator::map_memory(std::uint64_t base, std::uint64_t bytes, std::uint8_t* memory, bool writable) {
  const auto rights = static_cast<std::uint32_t>(writable ? UC_PROT_ALL : UC_PROT_READ | UC_PROT_EXEC);
  require(uc_mem_map_ptr(engine_.get(), base, bytes, rights, memory), "map memory");
  regions_.push_back(std::make_unique<Region>(Region{this, base, bytes, memory}));
}

void Emulator::map_device(std::uint64_t base, std::uint64_t bytes) {
  regions_.push_back(std::make_unique<Region>(Region{this, base, bytes, nullptr}));
  map_device(*regions_.back());
}

void Emulator::map_device(Region& region) {
  require(uc_mmio_map(engine_.get(), region.base, region.bytes, &Emulator::on_read, &region,
                      &Emulator::on_write, &region),
          "map device");
}

void Emulator::unmap_memory(std::uint64_t first, std::uint64_t last) {
  for (const auto& region : regions_) {
    if (region->memory == nullptr || last < region->base || first > region->base + (region->bytes - 1))
      continue;
    forget_code(region->base, region->bytes);
    require(uc_mem_unmap(engine_.get(), region->base, region->bytes), "unmap memory");
    region->memory = nullptr;
    map_device(*region);
  }
}

Stop Emulator::run() {
  constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};
  asked_ = raised_ = broken_ = false;
  uc_err error = UC_ERR_OK;
  do {
    go_on_at_.reset();
    error = uc_emu_start(engine_.get(), pc(), kNoEnd, 0, 0);
    if (go_on_at_) set_pc(*go_on_at_);
    if (go_on_at_ && is_stepping_) asked_ = true;
  } while (go_on_at_ && !asked_ && !thrown_);
  if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
  if (raised_) return Stop::kException;
  if (broken_) return Stop::kBreakpoint;
  if (asked_) return Stop::kAsked;
  require(error, "run");
  return Stop::kWfi;
}

// Not by Unicorn's count of instructions: a run without one after it would flush, see forget_blocks().
Stop Emulator::step() {
  const uc_hook hook = add_hook(UC_HOOK_CODE, &Emulator::on_instruction);
  const std::uint64_t from = pc();
  forget_block(from);
  is_stepping_ = true;
  is_under_way_ = false;
  const Stop stop = run();
  is_stepping_ = false;
  require(uc_hook_del(engine_.get(), hook), "step");
  forget_block(from);
  forget_block(pc());  // translated with the hook to find its begin
  return stop == Stop::kException ? stop : Stop::kAsked;
}

void Emulator::on_instruction(uc_engine* engine, std::uint64_t /*address*/, std::uint32_t /*bytes*/,
                              void* self) {
  Emulator& emulator = of(self);
  if (emulator.asked_ || emulator.thrown_ || emulator.broken_) return;
  if (!std::exchange(emulator.is_under_way_, true)) {
    ++emulator.instructions_;
    --emulator.budget_;
    return;
  }
  emulator.asked_ = true;
  uc_emu_stop(engine);
}

void Emulator::set_breakpoint(std::uint64_t address, bool there) {
  const auto found = breakpoints_.find(address);
  if (there == (found != breakpoints_.end())) return;
  if (there) {
    uc_hook hook = 0;
    require(uc_hook_add(engine_.get(), &hook, UC_HOOK_CODE, reinterpret_cast<void*>(&Emulator::on_breakpoint),
                        this, address, address),
            "breakpoint");
    breakpoints_[address] = hook;
  } else {
    require(uc_hook_del(engine_.get(), found->second), "breakpoint");
    breakpoints_.erase(found);
  }
  forget_blocks();
}

// Not by Unicorn's flush, which writes over its whole room for blocks: 1 GiB.
void Emulator::forget_blocks() {
  for (const auto& region : regions_) {
    if (region->memory == nullptr) continue;
    require(uc_ctl_remove_cache(engine_.get(), region->base, region->base + region->bytes), "forget blocks");
  }
}

void Emulator::forget_block(std::uint64_t address) {
  if (code(address) != nullptr)
    require(uc_ctl_remove_cache(engine_.get(), address, address + 2), "forget block");
}

void Emulator::forget_code(std::uint64_t address, std::uint64_t bytes) {
  const std::uint64_t end = address + bytes;
  for (const auto& region : regions_) {
    const std::uint64_t first = std::max(address, region->base);
    const std::uint64_t last = std::min(end, region->base + region->bytes);
    if (region->memory != nullptr && first < last)
      require(uc_ctl_remove_cache(engine_.get(), first, last), "forget code");
  }
  for (KnownBlock& known : known_)
    if (known.address < end && known.address + known.bytes > address) known = {};
}

void Emulator::on_breakpoint(uc_engine* engine, std::uint64_t address, std::uint32_t /*bytes*/, void* self) {
  if (of(self).asked_ || of(self).thrown_) return;  // stopped in front of the block
  if (std::exchange(of(self).resumed_at_, ~std::uint64_t{0}) == address) return;
  of(self).broken_ = true;
  uc_emu_stop(engine);
}

void Emulator::on_block(uc_engine* /*engine*/, std::uint64_t address, std::uint32_t bytes, void* self) {
  of(self).enter_block(address, bytes);
}

void Emulator::enter_block(std::uint64_t address, std::uint32_t bytes) {
  if (is_stepping_ && is_under_way_) {  // a block that was translated before knows no on_instruction()
    asked_ = true;
    stop_in_front(address);
    return;
  }
  if (budget_ <= 0 && !thrown_) {
    try {
      asked_ = surroundings_.budget_used();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    if (asked_ || thrown_) {
      stop_in_front(address);  // the block comes here again
      return;
    }
  }
  block_ = address;
  block_bytes_ = bytes;
  if (is_stepping_) return;  // on_instruction() counts
  const std::uint32_t instructions = count(address, bytes);
  instructions_ += instructions;
  budget_ -= instructions;
}

void Emulator::stop_in_front(std::uint64_t block) {
  go_on_at_ = block;
  uc_emu_stop(engine_.get());
}

std::uint32_t Emulator::count(std::uint64_t address, std::uint32_t bytes) {
  KnownBlock& known = known_[(address >> 1) % kKnownBlocks];
  if (known.address == address && known.bytes == bytes) return known.instructions;
  known = {address, bytes, 0};
  for (std::uint64_t at = address; at < address + bytes; ++known.instructions) {
    const std::uint8_t* bits = code(at);
    if (bits == nullptr) break;
    std::uint16_t first = 0;
    std::memcpy(&first, bits, sizeof first);
    at += instruction_bytes(first);
  }
  return known.instructions;
}

const std::uint8_t* Emulator::code(std::uint64_t address) const {
  for (const auto& region : regions_) {
    if (region->memory != nullptr && address >= region->base && address - region->base < region->bytes - 1)
      return region->memory + (address - region->base);
  }
  return nullptr;
}

void Emulator::on_exception(uc_engine* /*engine*/, std::uint32_t number, void* self) {
  // Unicorn's pc stands so far past the instruction's begin, even of a compressed one.
  constexpr std::uint64_t kPast = 4;
  const std::uint64_t pc = of(self).pc() - kPast;
  of(self).raise(number == kEnvironmentCallFromU ? kEnvironmentCallFromM : number, 0, pc);
}

bool Emulator::on_invalid(uc_engine* /*engine*/, void* self) {
  // Comes for ebreak, too, with the exact pc.
  constexpr std::uint16_t kCompressedBreak = 0x9002;
  constexpr std::uint32_t kBreak = 0x00100073;
  const std::uint64_t pc = of(self).pc();
  std::uint32_t bits = 0;
  const std::uint8_t* code = of(self).code(pc);
  if (code != nullptr) std::memcpy(&bits, code, sizeof(std::uint16_t));
  if (code != nullptr && instruction_bytes(static_cast<std::uint16_t>(bits)) == 4)
    std::memcpy(&bits, code, sizeof bits);
  of(self).raise(bits == kCompressedBreak || bits == kBreak ? kBreakpoint : kIllegalInstruction, 0, pc);
  return true;
}

bool Emulator::on_unmapped(uc_engine* /*engine*/, uc_mem_type type, std::uint64_t address, int bytes,
                           std::int64_t value, void* self) {
  if (type == UC_MEM_WRITE_PROT) {
    of(self).store_outside(address, static_cast<unsigned>(bytes), static_cast<std::uint64_t>(value));
    return false;  // true: Unicorn would write there itself
  }
  if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT) {
    of(self).raise(kFetchFault, address, address);
  } else {
    of(self).raise_access_fault(type == UC_MEM_WRITE_UNMAPPED, address, static_cast<unsigned>(bytes));
  }
  return false;
}

std::uint64_t Emulator::on_read(uc_engine* /*engine*/, std::uint64_t offset, unsigned bytes, void* region) {
  const auto& from = *static_cast<Region*>(region);
  return from.self->access(false, from.base + offset, bytes, 0);
}

void Emulator::on_write(uc_engine* /*engine*/, std::uint64_t offset, unsigned bytes, std::uint64_t value,
                        void* region) {
  const auto& to = *static_cast<Region*>(region);
  to.self->access(true, to.base + offset, bytes, value);
}

std::uint64_t Emulator::access(bool is_store, std::uint64_t address, unsigned bytes, std::uint64_t value) {
  if (raised_ || thrown_) return 0;  // the other half of an access that has failed
  try {
    if (!surroundings_.access(is_store, address, bytes, value)) raise_access_fault(is_store, address, bytes);
  } catch (...) {
    thrown_ = std::current_exception();
    uc_emu_stop(engine_.get());
  }
  return value;
}

void Emulator::store_outside(std::uint64_t address, unsigned bytes, std::uint64_t value) {
  constexpr std::uint16_t kOpcode = 0x7f;
  constexpr std::uint16_t kAtomic = 0x2f;
  const std::optional<std::uint64_t> pc = pc_of_store(address, bytes, value);
  if (!pc) return raise_access_fault(true, address, bytes);
  std::uint16_t first = 0;
  std::memcpy(&first, code(*pc), sizeof first);
  if ((first & kOpcode) == kAtomic) return raise_access_fault(true, address, bytes);
  access(true, address, bytes, value);
  if (raised_ || thrown_) return;
  go_on_at_ = *pc + instruction_bytes(first);
  uc_emu_stop(engine_.get());
}

void Emulator::raise_access_fault(bool is_store, std::uint64_t address, unsigned bytes) {
  const auto has_part = [&](const MemoryAccess& access, const Registers&) {
    if (access.is_store != is_store) return false;
    if (access.address == address && access.bytes == bytes) return true;
    // Only what is misaligned or wider than a device's registers comes in parts: those of a load are aligned,
    // and begin ahead of it.
    const std::uint64_t last = access.address + access.bytes - 1, mask = ~std::uint64_t{access.bytes - 1};
    const bool is_whole = (access.address & ~mask) == 0 && access.bytes <= kWidest;
    return !is_whole && (access.address & mask) <= address && address <= (last | ~mask);
  };
  const std::optional<Located> found = first_access(has_part);
  const std::uint64_t value = found ? std::max(address, found->access.address) : address;
  raise(is_store ? kStoreFault : kLoadFault, value, found ? found->pc : block_);
}

void Emulator::raise(std::uint64_t cause, std::uint64_t value, std::uint64_t pc) {
  exception_ = {cause, value, pc};
  raised_ = true;
  uc_emu_stop(engine_.get());
}

template <class Predicate>
std::optional<Emulator::Located> Emulator::first_access(Predicate is_it) const {
  Registers x_now{};
  for (unsigned i = 1; i < x_now.size(); ++i) x_now[i] = x(i);
  for (std::uint64_t at = block_; at < block_ + block_bytes_;) {
    const std::uint8_t* bits = code(at);
    if (bits == nullptr) break;
    std::uint32_t instruction = 0;
    std::memcpy(&instruction, bits, sizeof(std::uint16_t));
    const unsigned bytes = instruction_bytes(static_cast<std::uint16_t>(instruction));
    std::memcpy(&instruction, bits, bytes);
    const auto found = memory_access(instruction, x_now);
    if (found && is_it(*found, x_now)) return Located{at, *found};
    at += bytes;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Emulator::pc_of_store(std::uint64_t address, unsigned bytes,
                                                   std::uint64_t value) const {
  const std::uint64_t mask = ~std::uint64_t{0} >> (64 - 8 * bytes);
  const auto found = first_access([&](const MemoryAccess& access, const Registers& x_now) {
    return access.is_store && access.address == address && access.bytes == bytes &&
           (!access.source || (x_now[*access.source] & mask) == (value & mask));
  });
  return found ? std::optional(found->pc) : std::nullopt;
}

std::uint64_t Emulator::get(int id) const {
  std::uint64_t value = 0;
  require(uc_reg_read(engine_.get(), id, &value), "read register");
  return value;
}

void Emulator::set(int id, std::uint64_t value) {
  require(uc_reg_write(engine_.get(), id, &value), "write register");
}

std::uint64_t Emulator::pc() const {
  return get(UC_RISCV_REG_PC);
}
void Emulator::set_pc(std::uint64_t value) {
  set(UC_RISCV_REG_PC, value);
}
std::uint64_t Emulator::x(unsigned index) const {
  return get(UC_RISCV_REG_X0 + static_cast<int>(index));
}
void Emulator::set_x(unsigned index, std::uint64_t value) {
  set(UC_RISCV_REG_X0 + static_cast<int>(index), value);
}
std::uint64_t Emulator::csr(Csr csr) const {
  return get(id_of(csr));
}
void Emulator::set_csr(Csr csr, std::uint64_t value) {
  set(id_of(csr), value);
}

}  // namespace bitbalance::cpu
