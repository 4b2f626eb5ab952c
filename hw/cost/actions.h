// What the accelerator did, as countable actions of its components: the link between the events of a run and
// its energy, and what actions.yaml holds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hw/cost/names.h"
#include "hw/isa/account/events.h"

namespace bitbalance::cost {

enum class Component : std::uint8_t {
  kPeArray,
  kWeightEncoder,
  kWeightBuffer,
  kActivationBuffer,
  kOutputBuffer,
  kParameterBuffer,
  kPostProcessor,  ///< the vector unit included
  kDma,            ///< load engine, store engine, memory port
  kController,
  kDram,  ///< outside of the core: no area, no clock, no leakage
  kCount
};
inline constexpr std::size_t kComponents = static_cast<std::size_t>(Component::kCount);
const char* to_string(Component component);

enum class Action : std::uint8_t {
  kShiftAdd,
  kNullSlot,
  kDrain,
  kEncodeWeight,
  kWeightWordRead,
  kWeightWordWrite,
  kActivationRead,
  kActivationWrite,
  kOutputRead,
  kOutputWrite,
  kParameterRead,
  kParameterWrite,
  kRequantize,
  kLookup,
  kTableWrite,
  kPool,
  kDmaReadByte,
  kDmaWriteByte,
  kDmaBurst,
  kCommand,
  kDramReadByte,
  kDramWriteByte,
  kCount
};
inline constexpr std::size_t kActions = static_cast<std::size_t>(Action::kCount);

struct ActionInfo {
  Component component;
  const char* name;     ///< in actions.yaml, within the component
  const char* meaning;  ///< of one, and the events it is counted from
};
const ActionInfo& info(Action action);

using ActionCounts = std::array<std::int64_t, kActions>;

/// The documented table from events to actions (docs/cost.md).
ActionCounts actions_of(const EventCounts& events);

}  // namespace bitbalance::cost
