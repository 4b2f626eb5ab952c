// The scheduler by itself, in states that random bursts and turns lead to: what it makes of a burst that
// comes is what it would decide from nothing.
#include "tlm/dram/controller/scheduler.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "tests/tlm/dram/random_dram.h"

using namespace bitbalance::dram;
using namespace bitbalance::dram::test;
using bitbalance::test::RandomDraw;

namespace {

bool same(const Choice& a, const Choice& b) {
  if (a.cycle == kNever || b.cycle == kNever) return a.cycle == b.cycle;
  return a.cycle == b.cycle && a.kind == b.kind && a.burst == b.burst && a.is_other == b.is_other;
}

/// A device, its two queues and a scheduler; turns change at any time.
class Table {
 public:
  Table(RandomDraw& draw, const Config& config)
      : draw_(draw),
        map_(config.geometry, config.controller.address_map),
        burst_bytes_(static_cast<std::uint64_t>(config.geometry.burst_bytes())),
        has_masked_writes_(config.timing.ccd_mw != 0),
        rows_(draw.uniform(1, 4)),
        device_(config),
        scheduler_(make_scheduler(config)),
        queues_{BurstQueue(config.geometry.all_banks(), config.controller.read_queue),
                BurstQueue(config.geometry.all_banks(), config.controller.write_queue)},
        blocked_from_(static_cast<std::size_t>(config.geometry.all_banks()), kNever),
        row_hits_(blocked_from_.size()),
        openers_(blocked_from_.size(), -1) {}

  void turn() { writing_ = !writing_; }
  /// A refresh of a bank is due at some time, or of none any more.
  void block() {
    const int bank = draw_.uniform(0, static_cast<int>(blocked_from_.size()) - 1);
    blocked_from_[bank] = draw_.chance(0.5) ? now_ + draw_.uniform(0, 60) : kNever;
  }
  Choice choose() const { return scheduler_->choose(queues_[writing_], view()); }

  /// A burst of one of a few rows of any bank; what was chosen before must lead to what is chosen now.
  void add() {
    const bool is_write = draw_.chance(0.5);
    BurstQueue& queue = queues_[is_write];
    if (queue.full()) return;
    Burst burst = draw_burst(is_write);
    const Choice before = choose();
    now_ += draw_.uniform(0, 2);
    const bool joins_row = queue.ends_in_row(burst.at);
    const BurstQueue::Place place = queue.push(burst);
    if (before.cycle == kNever || device_.begin(before.kind, before.cycle) < now_) return;
    const Choice after = choose();
    const bool can_change = is_write == writing_ && !joins_row;
    CHECK(same(can_change ? scheduler_->reconsider(before, place, queue, view()) : before, after));
    changes += same(before, after) ? 0 : 1;
  }

  /// Issues what is chosen. No row that was opened for a burst is closed before it has been transferred.
  void step() {
    const Choice choice = choose();
    if (choice.cycle == kNever) return;
    BurstQueue& queue = queues_[writing_ != choice.is_other];
    const Burst burst = queue[choice.burst];
    device_.issue({choice.kind, burst.at}, choice.cycle);
    now_ = choice.cycle;
    const int bank = burst.at.bank;
    if (choice.kind == CommandKind::kActivate) {
      openers_[bank] = static_cast<std::int64_t>(burst.arrival);
      queues_[writing_].set_opener(bank, choice.burst);
      queues_[!writing_].set_opener(bank, BurstQueue::kNone);
      row_hits_[bank] = 0;
    } else if (choice.kind == CommandKind::kPrecharge) {
      CHECK(openers_[bank] == -1);
    } else {
      if (openers_[bank] == static_cast<std::int64_t>(burst.arrival)) openers_[bank] = -1;
      against += choice.is_other ? 1 : 0;
      ++row_hits_[bank];
      queue.erase(choice.burst);
    }
  }

  int changes = 0;  ///< bursts that changed the choice
  int against = 0;  ///< bursts transferred against the turn

 private:
  ChannelView view() const { return {device_, now_, blocked_from_, row_hits_, queues_[!writing_]}; }
  Burst draw_burst(bool is_write) {
    Burst burst;
    const auto bits = static_cast<std::uint64_t>(draw_.uniform(0, (1 << 22) - 1));
    burst.at = map_.locate(bits * burst_bytes_);
    burst.at.row = draw_.uniform(0, rows_);
    burst.is_write = is_write;
    burst.is_masked = is_write && has_masked_writes_ && draw_.chance(0.3);
    burst.entered = now_;
    burst.arrival = arrivals_++;
    return burst;
  }

  RandomDraw& draw_;
  const AddressMap map_;
  const std::uint64_t burst_bytes_;
  const bool has_masked_writes_;
  const int rows_;
  Device device_;
  std::shared_ptr<const Scheduler> scheduler_;
  std::array<BurstQueue, 2> queues_;
  std::vector<Cycle> blocked_from_;
  std::vector<int> row_hits_;
  std::vector<std::int64_t> openers_;  ///< by bank: arrival of the burst it was opened for; -1: transferred
  bool writing_ = false;
  std::uint64_t arrivals_ = 0;
  Cycle now_ = 0;
};

}  // namespace

TEST_CASE("a choice that is kept up to date is that from nothing, and closes no row unused") {
  int changes = 0, against = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    RandomDraw draw(seed);
    Config c = random_dram(draw);
    Table table(draw, c);
    for (int i = 0; i < 400; ++i) {
      if (draw.chance(0.1)) table.turn();
      if (draw.chance(0.05)) table.block();
      if (draw.chance(0.6)) {
        table.add();
      } else {
        table.step();
      }
    }
    changes += table.changes;
    against += table.against;
  }
  CHECK(changes > 100);
  CHECK(against > 100);
}
