#include <catch2/catch.hpp>
#include <set>

#include "base/text/enum_index.h"
#include "hw/cost/actions.h"
#include "hw/isa/command/command.h"
#include "tests/support/names.h"

namespace bitbalance::test {
namespace {

std::int64_t count(const ActionCounts& counts, Action action) {
  return counts[enum_index(action)];
}

TEST_CASE("every action has a name of its own within its component") {
  std::set<std::pair<Component, std::string>> names;
  for (std::size_t a = 0; a < kActions; ++a) {
    const ActionInfo& action = info(static_cast<Action>(a));
    CHECK(names.insert({action.component, action.name}).second);
  }
}

TEST_CASE("no event is forgotten: each one changes the actions") {
  for (int e = 0; e < kEvents; ++e) {
    EventCounts events;
    events.add(static_cast<Event>(e), kCommandBytes);
    INFO(to_string(static_cast<Event>(e)));
    CHECK(actions_of(events) != ActionCounts{});
  }
}

TEST_CASE("every byte of the DRAM is counted there, and all but commands in the DMA") {
  EventCounts events;
  events.add(Event::kDramReadCommand, 3 * kCommandBytes);
  events.add(Event::kDramReadWeight, 100);
  events.add(Event::kDramReadParameter, 20);
  events.add(Event::kDramReadActivation, 7);
  events.add(Event::kDramReadOperand, 5);
  events.add(Event::kDramReadUnused, 60);
  events.add(Event::kDramWrite, 11);
  events.add(Event::kDramReadBurst, 3 + 4);
  events.add(Event::kDramWriteBurst, 2);
  const ActionCounts counts = actions_of(events);
  CHECK(count(counts, Action::kDmaReadByte) == 192);
  CHECK(count(counts, Action::kDramReadByte) == 192 + 3 * kCommandBytes);
  CHECK(count(counts, Action::kDmaWriteByte) == 11);
  CHECK(count(counts, Action::kDramWriteByte) == 11);
  CHECK(count(counts, Action::kCommand) == 3);
  CHECK(count(counts, Action::kDmaBurst) == 4 + 2);
}

}  // namespace
}  // namespace bitbalance::test
