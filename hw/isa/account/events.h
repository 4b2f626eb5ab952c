// What happens in the hardware, counted: the base of energy. Counts depend on shapes and weights, never on
// the value of an activation, and are equal at every level of detail.
#pragma once

#include <array>
#include <cstdint>

#include "base/text/enum_index.h"
#include "hw/isa/names.h"

namespace bitbalance::isa {

enum class Event : std::uint8_t {
  kShiftAdd,               ///< a token meets an active lane: acc += +-(activation << position)
  kNullSlot,               ///< a used row and active lane in a slot without a token
  kWeightEncode,           ///< a weight enters an encoder
  kWeightBufferRead,       ///< 8-byte word of a bank
  kWeightBufferWrite,      ///< 8-byte word of a bank
  kActivationBufferRead,   ///< element
  kActivationBufferWrite,  ///< element, padding included
  kOutputBufferRead,       ///< element: operand, fused pooling, vector input or store
  kOutputBufferWrite,      ///< element: result or preload, padding included
  kParameterRead,          ///< entry
  kParameterWrite,         ///< entry
  kDrain,                  ///< accumulator moved from a shadow register to the post-processor
  kRequantize,             ///< result or operand multiplied, shifted and clamped
  kLookup,                 ///< element for which a table is asked
  kTableWrite,             ///< entry of a table, in all lanes
  kPoolElement,            ///< element taken by pooling, fused or not, a window's first one, too
  kDramReadCommand,        ///< bytes, per kind of tensor
  kDramReadWeight,
  kDramReadParameter,  ///< tables, too
  kDramReadActivation,
  kDramReadOperand,
  kDramReadUnused,  ///< bytes of aligned bursts that nobody asked for; in none of the kinds above
  kDramWrite,       ///< bytes
  kDramReadBurst,   ///< transactions
  kDramWriteBurst,
  kCount
};
inline constexpr int kEvents = static_cast<int>(Event::kCount);
const char* to_string(Event event);

/// Counts of one layer.
class EventCounts {
 public:
  void add(Event e, std::int64_t n = 1) { counts_[enum_index(e)] += n; }
  std::int64_t operator[](Event e) const { return counts_[enum_index(e)]; }
  EventCounts& operator+=(const EventCounts& o) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += o.counts_[i];
    return *this;
  }
  /// Of used rows and active lanes.
  std::int64_t slots() const { return (*this)[Event::kShiftAdd] + (*this)[Event::kNullSlot]; }
  bool operator==(const EventCounts& o) const { return counts_ == o.counts_; }

 private:
  std::array<std::int64_t, kEvents> counts_{};
};

}  // namespace bitbalance::isa
