#include "hw/rtl/buffer/hazard_check.h"

#ifdef BITBALANCE_HAZARD_CHECKS

#include <fmt/format.h>

#include <systemc>

namespace bitbalance::rtl {

void HazardCheck::read(std::size_t first, std::size_t count, const CommandStamp& by) {
  if (by.opcode == nullptr) return;
  for (std::size_t place = first; place < first + count; ++place) {
    expect_after(places_[place].writer, "wrote", by, "reads", place);
    places_[place].readers[enum_index(by.engine)] = by;
  }
}

void HazardCheck::write(std::size_t first, std::size_t count, const CommandStamp& by) {
  if (by.opcode == nullptr) return;
  for (std::size_t place = first; place < first + count; ++place) {
    expect_after(places_[place].writer, "wrote", by, "writes", place);
    for (const CommandName& reader : places_[place].readers)
      expect_after(reader, "read", by, "writes", place);
    places_[place].writer = by;
  }
}

void HazardCheck::expect_after(const CommandName& earlier, const char* did, const CommandStamp& by,
                               const char* does, std::size_t place) {
  if (earlier.opcode == nullptr || by.is_after(earlier)) return;
  if (!reported_.insert({earlier.index, by.index, by.number}).second) return;
  SC_REPORT_WARNING("hazard", fmt::format("{} {} of the {}: command {} ({}) {} it and command {} ({}) {} it, "
                                          "but no flag from {} to {} orders them",
                                          unit_, place, buffer_, earlier.index, earlier.opcode, did, by.index,
                                          by.opcode, does, to_string(earlier.engine), to_string(by.engine))
                                  .c_str());
}

}  // namespace bitbalance::rtl

#endif
