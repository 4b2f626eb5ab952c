#include "hw/port/standstill.h"

#include <catch2/catch.hpp>

using namespace bitbalance;
using namespace bitbalance::port;

TEST_CASE("a standstill names engines, flags and bursts in the order in which it was told") {
  Standstill standstill;
  CHECK(standstill.text() == "nothing is under way");
  standstill.unanswered("");
  CHECK(standstill.text() == "nothing is under way");

  isa::Command load;
  load.header.layer = 7;
  load.body = isa::LoadWeights{};
  standstill.not_completed(load, 3);
  standstill.not_started(load, 4, isa::Engine::kStore);
  standstill.not_started(load, 5, std::nullopt);
  standstill.not_completed(isa::Command{{}, isa::End{}}, 6);
  standstill.not_dispatched(load, 7);
  standstill.not_dispatched(isa::Command{{}, isa::End{}}, 8);
  standstill.not_fetched();
  standstill.unanswered("weight burst at 0x40");
  CHECK(
      standstill.text() ==
      "load has not completed command 3 of layer 7; load waits for a flag of store to start command 4 of "
      "layer 7; load waits for itself to start command 5 of layer 7; controller has not completed command 6 "
      "of layer 0; controller waits for room in a queue to dispatch command 7; controller waits for all "
      "engines to dispatch command 8; controller waits for a command read; memory has not answered: weight "
      "burst at 0x40");
}
