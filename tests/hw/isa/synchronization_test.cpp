#include "hw/isa/weight/synchronization.h"

#include <catch2/catch.hpp>

#include "hw/isa/weight/tokens.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("each synchronization has its row in the table") {
  int next = 0;
  for (const SynchronizationRule& rule : synchronization_rules()) {
    CHECK(static_cast<int>(rule.synchronization) == next++);
    CHECK(&rule_of(rule.synchronization) == &rule);
  }
}

TEST_CASE("every rule gives a step enough slots for its tokens, as many as the limit at most") {
  for (const SynchronizationRule& rule : synchronization_rules()) {
    CAPTURE(rule.name);
    for (int limit = 1; limit <= kMaxTokens; ++limit) {
      CHECK(rule.slots(0, limit) >= 1);
      for (int tokens = 0; tokens <= limit; ++tokens) {
        CHECK(rule.slots(tokens, limit) >= tokens);
        CHECK(rule.slots(tokens, limit) <= limit);
        CHECK(rule.slots(tokens, limit) <= rule.slots(tokens + 1, limit));
      }
      CHECK(rule.most_slots(limit) == limit);
    }
  }
}

TEST_CASE("an encoder that finds tokens one by one ends a step after the slots of the rule") {
  for (const SynchronizationRule& rule : synchronization_rules()) {
    for (int limit = 1; limit <= kMaxTokens; ++limit) {
      for (int tokens = 0; tokens <= kMaxTokens; ++tokens) {
        int performed = 1;
        while (!rule.ends(performed, tokens > performed, limit)) ++performed;
        CHECK(performed == rule.slots(tokens, limit));
      }
    }
  }
}

TEST_CASE("balanced takes all slots, group_max those it needs") {
  CHECK(rule_of(Synchronization::kBalanced).slots(1, 4) == 4);
  CHECK(rule_of(Synchronization::kGroupMax).slots(0, 4) == 1);
  CHECK(rule_of(Synchronization::kGroupMax).slots(3, 4) == 3);
  CHECK(rule_of(Synchronization::kGroupMax).slots(9, 4) == 4);
}
