// The emulator Unicorn as an RV64 hart in machine mode: registers, memory by pointer or by callback, and why
// it stopped. The only class that knows Unicorn. It counts instructions; time and interrupts are its user's.
#pragma once

#include <unicorn/unicorn.h>

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tlm/platform/cpu/memory_access.h"
#include "tlm/platform/cpu/names.h"

namespace bitbalance::cpu {

/// What a hart asks its surroundings for while it runs.
class Surroundings {
 public:
  virtual ~Surroundings() = default;

  /// The budget of instructions is used up, in front of the block that comes next. True: stop there.
  virtual bool budget_used() = 0;
  /// A load or store outside the memory given by pointer, of 1, 2 or 4 bytes, or a store to such as is not
  /// writable, of 8 as well. False: access fault.
  virtual bool access(bool is_store, std::uint64_t address, unsigned bytes, std::uint64_t& value) = 0;
};

enum class Stop {
  kAsked,       ///< budget_used() said so
  kWfi,         ///< after a wfi
  kException,   ///< see Emulator::exception()
  kBreakpoint,  ///< in front of an instruction with a breakpoint
};

/// A synchronous exception: the privileged specification's mcause, mtval, and the address of the instruction.
struct Exception {
  std::uint64_t cause = 0;
  std::uint64_t value = 0;
  std::uint64_t pc = 0;
};

enum class Csr { kMstatus, kMie, kMtvec, kMepc, kMcause, kMtval };

class Emulator {
 public:
  /// Throws std::runtime_error when Unicorn refuses.
  explicit Emulator(Surroundings& surroundings);
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  /// Base and size: multiples of 4096. Code runs from memory given by pointer only.
  void map_memory(std::uint64_t base, std::uint64_t bytes, std::uint8_t* memory, bool writable);
  void map_device(std::uint64_t base, std::uint64_t bytes);
  /// Makes devices of the memories with any of these addresses. Not while it runs.
  void unmap_memory(std::uint64_t first, std::uint64_t last);

  /// A breakpoint at pc() has been seen: the next run() goes on from there.
  void pass_breakpoint() { resumed_at_ = pc(); }
  /// Runs from pc() until something stops it. Rethrows what an access threw.
  Stop run();
  /// One instruction; kAsked when that is all that happened.
  Stop step();
  const Exception& exception() const { return exception_; }
  void set_breakpoint(std::uint64_t address, bool there);
  /// Code in these bytes is no longer what it was.
  void forget_code(std::uint64_t address, std::uint64_t bytes);

  std::uint64_t pc() const;
  void set_pc(std::uint64_t value);
  std::uint64_t x(unsigned index) const;
  void set_x(unsigned index, std::uint64_t value);
  std::uint64_t csr(Csr csr) const;
  void set_csr(Csr csr, std::uint64_t value);

  /// Instructions after which budget_used() is called; at the end of a block.
  void set_budget(std::int64_t instructions) { budget_ = instructions; }
  /// That began to run.
  std::uint64_t instructions() const { return instructions_; }

 private:
  struct Region {
    Emulator* self;
    std::uint64_t base, bytes;
    std::uint8_t* memory;  ///< nullptr: a device
  };
  /// How many instructions a block has; kept by its address.
  struct KnownBlock {
    std::uint64_t address = ~std::uint64_t{0};
    std::uint32_t bytes = 0;
    std::uint32_t instructions = 0;
  };
  static constexpr std::size_t kKnownBlocks = 4096;
  struct Close {
    void operator()(uc_engine* engine) const { uc_close(engine); }
  };

  static void on_block(uc_engine* engine, std::uint64_t address, std::uint32_t bytes, void* self);
  static void on_breakpoint(uc_engine* engine, std::uint64_t address, std::uint32_t bytes, void* self);
  static void on_instruction(uc_engine* engine, std::uint64_t address, std::uint32_t bytes, void* self);
  static void on_exception(uc_engine* engine, std::uint32_t number, void* self);
  static bool on_invalid(uc_engine* engine, void* self);
  static bool on_unmapped(uc_engine* engine, uc_mem_type type, std::uint64_t address, int bytes,
                          std::int64_t value, void* self);
  static std::uint64_t on_read(uc_engine* engine, std::uint64_t offset, unsigned bytes, void* region);
  static void on_write(uc_engine* engine, std::uint64_t offset, unsigned bytes, std::uint64_t value,
                       void* region);

  void map_device(Region& region);
  /// Translated blocks of code, into which hooks are built.
  void forget_blocks();
  /// Those with an instruction there.
  void forget_block(std::uint64_t address);
  void enter_block(std::uint64_t address, std::uint32_t bytes);
  /// Unicorn's own pc may be that of an earlier block: one that has jumped to another before writes none.
  void stop_in_front(std::uint64_t block);
  std::uint32_t count(std::uint64_t address, std::uint32_t bytes);
  std::uint64_t access(bool is_store, std::uint64_t address, unsigned bytes, std::uint64_t value);
  /// To memory that is not writable: a transaction, behind which run() goes on. Atomics fault, and so does a
  /// store that begins in other memory.
  void store_outside(std::uint64_t address, unsigned bytes, std::uint64_t value);
  void raise(std::uint64_t cause, std::uint64_t value, std::uint64_t pc);
  /// Of an access to a device, or of a part of one.
  void raise_access_fault(bool is_store, std::uint64_t address, unsigned bytes);
  struct Located {
    std::uint64_t pc;
    MemoryAccess access;
  };
  /// The first load, store or atomic in the block under way that is it, by the registers as they are now.
  template <class Predicate>
  std::optional<Located> first_access(Predicate is_it) const;
  /// Of the first store that puts this there. Each before it that went to such memory has ended its block, so
  /// it is the right one unless one before it, of the same value, went elsewhere by a register moved since.
  std::optional<std::uint64_t> pc_of_store(std::uint64_t address, unsigned bytes, std::uint64_t value) const;
  /// Code at an address; nullptr: no memory there.
  const std::uint8_t* code(std::uint64_t address) const;
  std::uint64_t get(int id) const;
  void set(int id, std::uint64_t value);
  template <class Callback>
  uc_hook add_hook(int type, Callback callback);

  Surroundings& surroundings_;
  std::unique_ptr<uc_engine, Close> engine_;
  std::vector<std::unique_ptr<Region>> regions_;  ///< whose addresses Unicorn keeps
  std::vector<KnownBlock> known_{kKnownBlocks};
  std::uint64_t block_ = 0;  ///< the block under way
  std::uint32_t block_bytes_ = 0;
  std::int64_t budget_ = 0;
  std::uint64_t instructions_ = 0;
  bool asked_ = false;
  bool raised_ = false;
  bool broken_ = false;  ///< at a breakpoint
  bool is_stepping_ = false;
  bool is_under_way_ = false;                     ///< the instruction of a step
  std::uint64_t resumed_at_ = ~std::uint64_t{0};  ///< whose breakpoint has been seen
  std::map<std::uint64_t, uc_hook> breakpoints_;
  std::optional<std::uint64_t> go_on_at_;  ///< where Unicorn has stopped, but for its pc
  Exception exception_;
  std::exception_ptr thrown_;  ///< by an access: must not unwind the emulator's frames
};

}  // namespace bitbalance::cpu
