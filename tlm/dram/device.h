// The DRAM devices of one channel as their datasheet sees them: open rows, and for every command the first
// clock at which JEDEC's constraints allow it. Behind the controller's command bus.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/text/enum_index.h"
#include "tlm/dram/address_map.h"
#include "tlm/dram/config.h"

namespace bitbalance::dram {

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

enum class CommandKind : std::uint8_t {
  kActivate,
  kPrecharge,
  kPrechargeAll,  ///< of a rank
  kRead,
  kWrite,
  kReadPrecharge,   ///< read with auto-precharge
  kWritePrecharge,  ///< write with auto-precharge
  kMaskedWrite,     ///< of part of a burst, where that is a command of its own (LPDDR4)
  kMaskedWritePrecharge,
  kRefresh,      ///< all banks of a rank
  kRefreshBank,  ///< one bank
  kPowerDown,    ///< of a rank, banks open or closed
  kPowerUp,
  kSelfRefresh,  ///< of a rank whose banks are closed
  kSelfRefreshExit,
};
inline constexpr std::size_t kCommandKinds = enum_index(CommandKind::kSelfRefreshExit) + 1;
const char* to_string(CommandKind kind);
constexpr bool is_write(CommandKind kind) {
  return kind == CommandKind::kWrite || kind == CommandKind::kWritePrecharge ||
         kind == CommandKind::kMaskedWrite || kind == CommandKind::kMaskedWritePrecharge;
}
/// A read or write of any kind.
constexpr bool is_column(CommandKind kind) {
  return kind >= CommandKind::kRead && kind <= CommandKind::kMaskedWritePrecharge;
}
/// A read or write without auto-precharge: all that is open stays open.
constexpr bool keeps_rows(CommandKind kind) {
  return kind == CommandKind::kRead || kind == CommandKind::kWrite || kind == CommandKind::kMaskedWrite;
}

struct Command {
  CommandKind kind = CommandKind::kActivate;
  Location at;
};

/// Times of commands are their last clocks on the command bus.
class Device {
 public:
  explicit Device(const Config& config);

  /// First cycle at which the command may be issued as things stand, beginning on the command bus at `from`
  /// or later; kNever while the bank's state forbids it.
  Cycle earliest(CommandKind kind, const Location& at, Cycle from = 0) const {
    const Rank& r = rank(at);
    const Cycle cycle =
        r.sleep == Sleep::kAwake ? earliest_awake(kind, at) : earliest_asleep(kind, r.sleep, r.wake);
    return cycle == kNever ? kNever : std::max({cycle, r.any, std::max(bus_free_, from) + clocks(kind) - 1});
  }
  Cycle earliest(const Command& command, Cycle from = 0) const {
    return earliest(command.kind, command.at, from);
  }
  /// That it holds the command bus.
  int clocks(CommandKind kind) const { return clocks_[enum_index(kind)]; }
  /// First clock of a command on the command bus, by its time.
  Cycle begin(CommandKind kind, Cycle at) const { return at - clocks(kind) + 1; }
  /// Throws std::logic_error when the command comes too early: a controller's mistake.
  void issue(const Command& command, Cycle at);

  static constexpr int kNoRow = -1;
  int open_row(int bank) const { return banks_[bank].open_row; }
  bool any_open(int rank) const { return ranks_[rank].open_banks != 0; }
  enum class Sleep { kAwake, kPowerDown, kSelfRefresh };
  Sleep sleep(int rank) const { return ranks_[rank].sleep; }
  /// First clock at which a closed bank has no row open any more: of an auto-precharge it may be yet to come.
  Cycle closed_from(int bank) const { return banks_[bank].closed_from; }

  /// Cycle at which the data of a burst has been transferred.
  Cycle read_data_end(Cycle command) const { return command + read_latency_ + burst_clocks_; }
  Cycle write_data_end(Cycle command) const { return command + write_latency_ + burst_clocks_; }

 private:
  /// First cycle of each kind of command, as far as this scope is concerned.
  struct Bank {
    int open_row = kNoRow;
    Cycle activate = 0, column = 0, precharge = 0, masked_write = 0;
    Cycle closed_from = 0;
  };
  struct Group {
    Cycle activate = 0, read = 0, write = 0;
  };
  struct Rank {
    Cycle activate = 0, read = 0, write = 0, precharge = 0;
    Cycle refresh_bank = 0;  ///< the next one, and precharges of all banks
    Cycle data_end = 0;      ///< of the last burst
    Cycle any = 0;           ///< any command: it was asleep before
    Sleep sleep = Sleep::kAwake;
    Cycle wake = 0;                  ///< asleep: it may end
    std::array<Cycle, 4> windows{};  ///< ends of tFAW of the last four activates, a ring
    std::size_t oldest = 0;          ///< of them
    int open_banks = 0;
  };

  Bank& bank(const Location& at) { return banks_[at.bank]; }
  const Bank& bank(const Location& at) const { return banks_[at.bank]; }
  Group& group(const Location& at) { return groups_[at.group]; }
  const Group& group(const Location& at) const { return groups_[at.group]; }
  Rank& rank(const Location& at) { return ranks_[at.rank]; }
  const Rank& rank(const Location& at) const { return ranks_[at.rank]; }

  // earliest() without the command bus, and without what a rank waits for after its sleep. The commands of a
  // bank are inline: a scheduler asks for every bank at every command.
  Cycle earliest_awake(CommandKind kind, const Location& at) const {
    if (is_column(kind)) return earliest_column(kind, at);
    if (kind == CommandKind::kActivate) return bank(at).open_row != kNoRow ? kNever : earliest_activate(at);
    if (kind == CommandKind::kPrecharge)
      return bank(at).open_row == kNoRow ? kNever : std::max(bank(at).precharge, rank(at).precharge);
    return earliest_of_rank(kind, at);
  }
  /// rank.any is 0, or lies behind once the rank sleeps again.
  static Cycle earliest_asleep(CommandKind kind, Sleep sleep, Cycle wake) {
    const bool is_down = sleep == Sleep::kPowerDown;
    return kind == (is_down ? CommandKind::kPowerUp : CommandKind::kSelfRefreshExit) ? wake : kNever;
  }
  /// Of the commands for a whole rank, and of the refresh of a bank.
  Cycle earliest_of_rank(CommandKind kind, const Location& at) const;
  Cycle earliest_column(CommandKind kind, const Location& at) const {
    const Bank& b = bank(at);
    if (b.open_row != at.row) return kNever;
    if (!is_write(kind)) return std::max({b.column, group(at).read, rank(at).read});
    const bool is_masked = kind == CommandKind::kMaskedWrite || kind == CommandKind::kMaskedWritePrecharge;
    return std::max({b.column, group(at).write, rank(at).write, is_masked ? b.masked_write : 0});
  }
  Cycle earliest_activate(const Location& at) const {
    const Rank& r = rank(at);
    return std::max({bank(at).activate, group(at).activate, r.activate, r.windows[r.oldest]});
  }
  Cycle earliest_precharge_all(int rank) const;
  Cycle earliest_refresh(int rank) const;
  Cycle earliest_refresh_bank(const Location& at) const;
  /// First clock at which the rank is at rest: each bank may be closed or opened.
  Cycle earliest_power_down(int rank) const;
  void activate(const Location& at, Cycle cycle);
  /// An activate, or the refresh of a bank, which opens a row, too.
  void note_activate(const Location& at, Cycle cycle);
  void refresh_bank(const Location& at, Cycle cycle);
  void fall_asleep(Rank& rank, Sleep sleep, Cycle wake);
  void wake_up(Rank& rank, Cycle any);
  void precharge(const Location& at, Cycle cycle);
  void precharge_all(int rank, Cycle cycle);
  void read(const Location& at, Cycle cycle);
  void write(const Location& at, Cycle cycle);
  /// When the data allow it.
  void auto_precharge(const Location& at);
  template <class Body>
  void for_banks(int rank, Body body);
  template <class Body>
  void for_banks(int rank, Body body) const;

  const Timing timing_;
  const std::array<int, kCommandKinds> clocks_;
  const int burst_clocks_, read_latency_, write_latency_;
  const int banks_per_rank_;
  std::vector<Bank> banks_;
  std::vector<Group> groups_;
  std::vector<Rank> ranks_;
  Cycle bus_free_ = 0;  ///< first clock without a command
};

}  // namespace bitbalance::dram
