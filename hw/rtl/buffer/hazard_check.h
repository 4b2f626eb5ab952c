// Who read and who wrote each place of an on-chip buffer last: reports, in builds that check hazards,
// commands that use the same place in an order that no dependence flag gives. Beside the storage of a buffer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "hw/rtl/buffer/command_stamp.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

#ifdef BITBALANCE_HAZARD_CHECKS

/// Each pair of commands is reported once, as a SystemC warning.
class HazardCheck {
 public:
  /// `unit`: what a place is, for the message: "byte".
  HazardCheck(std::string buffer, std::string unit, std::size_t places)
      : buffer_(std::move(buffer)), unit_(std::move(unit)), places_(places) {}

  void read(std::size_t first, std::size_t count, const CommandStamp& by);
  void write(std::size_t first, std::size_t count, const CommandStamp& by);

 private:
  struct Place {
    CommandName writer;
    std::array<CommandName, kEngines> readers;
  };

  void expect_after(const CommandName& earlier, const char* did, const CommandStamp& by, const char* does,
                    std::size_t place);

  std::string buffer_, unit_;
  std::vector<Place> places_;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t>>
      reported_;  ///< indices; number of the second
};

#else

class HazardCheck {
 public:
  HazardCheck(const char* /*buffer*/, const char* /*unit*/, std::size_t /*places*/) {}
  void read(std::size_t /*first*/, std::size_t /*count*/, const CommandStamp& /*by*/) const {}
  void write(std::size_t /*first*/, std::size_t /*count*/, const CommandStamp& /*by*/) const {}
};

#endif

}  // namespace bitbalance::rtl
