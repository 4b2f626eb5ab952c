#include "hw/port/lent_extension.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "tests/support/names.h"

using namespace bitbalance::test;

namespace {

struct Note : tlm::tlm_extension<Note> {
  tlm_extension_base* clone() const override { return new Note(*this); }
  void copy_from(const tlm_extension_base& /*other*/) override {}
};

}  // namespace

TEST_CASE("a payload gives a lent extension back, also when the call ends in an exception") {
  Note note;
  tlm::tlm_generic_payload payload;  // frees what it still has
  try {
    const LentExtension<Note> lent(payload, note);
    REQUIRE(payload.get_extension<Note>() == &note);
    throw std::runtime_error("no memory");
  } catch (const std::runtime_error&) {
    CHECK(payload.get_extension<Note>() == nullptr);
  }
}
