// What targets have granted by DMI: ranges of addresses, where their bytes lie, and how long bursts to them
// take. Beside the memory port, which asks for them and gives them up when they are invalidated.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/text/enum_index.h"
#include "hw/isa/transfer/channel_timing.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

class DirectMemory {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  /// Addresses `first` to `last`, both included.
  struct Range {
    std::uint64_t first = 0, last = 0;
    std::uint8_t* data = nullptr;  ///< of `first`; nullptr: refused
    IdealMemoryTiming timing;

    std::uint8_t* at(std::uint64_t address) const { return data + (address - first); }
  };

  /// What was known of these addresses before is forgotten.
  void add(Access access, const Range& range);
  /// Forgets these addresses.
  void forget(std::uint64_t first, std::uint64_t last);

  /// The range that was granted or refused for the address; nullptr: none.
  const Range* known(Access access, std::uint64_t address) const;
  /// The granted range that holds all of these addresses; nullptr: none.
  const Range* granted(Access access, std::uint64_t first, std::uint64_t last) const;

 private:
  using Ranges = std::map<std::uint64_t, Range>;  ///< by their first address; none overlap

  static void cut(Ranges& ranges, std::uint64_t first, std::uint64_t last);
  const Ranges& of(Access access) const { return ranges_[enum_index(access)]; }

  std::array<Ranges, 2> ranges_;
};

}  // namespace bitbalance::tlm_level
