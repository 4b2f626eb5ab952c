#include "hw/cost/actions.h"

#include "base/text/enum_index.h"
#include "hw/isa/account/dram_kinds.h"
#include "hw/isa/command/command.h"

namespace bitbalance::cost {

const char* to_string(Component component) {
  switch (component) {
    case Component::kPeArray:
      return "pe_array";
    case Component::kWeightEncoder:
      return "weight_encoder";
    case Component::kWeightBuffer:
      return "weight_buffer";
    case Component::kActivationBuffer:
      return "activation_buffer";
    case Component::kOutputBuffer:
      return "output_buffer";
    case Component::kParameterBuffer:
      return "parameter_buffer";
    case Component::kPostProcessor:
      return "post_processor";
    case Component::kDma:
      return "dma";
    case Component::kController:
      return "controller";
    case Component::kDram:
      return "dram";
    case Component::kCount:
      break;
  }
  return "?";
}

const ActionInfo& info(Action action) {
  using C = Component;
  static constexpr std::array<ActionInfo, kActions> kTable = {
      {{C::kPeArray, "shift_adds", "a lane adds a shifted activation"},
       {C::kPeArray, "null_slots", "a lane waits in a slot without a token"},
       {C::kPeArray, "drained_accumulators", "into the shadow register and out of the array"},
       {C::kWeightEncoder, "encoded_weights", "unpacked and turned into tokens"},
       {C::kWeightBuffer, "word_reads", "8 bytes of a bank"},
       {C::kWeightBuffer, "word_writes", "8 bytes of a bank"},
       {C::kActivationBuffer, "element_reads", "an activation of 8 or 16 bits"},
       {C::kActivationBuffer, "element_writes", "an activation of 8 or 16 bits, padding included"},
       {C::kOutputBuffer, "element_reads", "an element of 8 or 16 bits"},
       {C::kOutputBuffer, "element_writes", "an element of 8 or 16 bits"},
       {C::kParameterBuffer, "entry_reads", "16 bytes"},
       {C::kParameterBuffer, "entry_writes", "16 bytes"},
       {C::kPostProcessor, "requantizations", "multiply, round, shift, clamp"},
       {C::kPostProcessor, "lookups",
        "a table read, at 16 bit at two points with a straight line between them"},
       {C::kPostProcessor, "table_entry_writes", "an entry of a table, in every lane"},
       {C::kPostProcessor, "pooled_elements", "compared or added"},
       {C::kDma, "read_bytes", "through the staging buffer, unused ones included"},
       {C::kDma, "write_bytes", "through the staging buffer"},
       {C::kDma, "bursts", "requested"},
       {C::kController, "commands", "fetched, checked, queued, issued"},
       {C::kDram, "read_bytes", "commands and unused bytes included"},
       {C::kDram, "write_bytes", ""}}};
  return kTable[enum_index(action)];
}

ActionCounts actions_of(const EventCounts& events) {
  ActionCounts counts{};
  const auto set = [&](Action action, std::int64_t n) { counts[enum_index(action)] = n; };
  set(Action::kShiftAdd, events[Event::kShiftAdd]);
  set(Action::kNullSlot, events[Event::kNullSlot]);
  set(Action::kDrain, events[Event::kDrain]);
  set(Action::kEncodeWeight, events[Event::kWeightEncode]);
  set(Action::kWeightWordRead, events[Event::kWeightBufferRead]);
  set(Action::kWeightWordWrite, events[Event::kWeightBufferWrite]);
  set(Action::kActivationRead, events[Event::kActivationBufferRead]);
  set(Action::kActivationWrite, events[Event::kActivationBufferWrite]);
  set(Action::kOutputRead, events[Event::kOutputBufferRead]);
  set(Action::kOutputWrite, events[Event::kOutputBufferWrite]);
  set(Action::kParameterRead, events[Event::kParameterRead]);
  set(Action::kParameterWrite, events[Event::kParameterWrite]);
  set(Action::kRequantize, events[Event::kRequantize]);
  set(Action::kLookup, events[Event::kLookup]);
  set(Action::kTableWrite, events[Event::kTableWrite]);
  set(Action::kPool, events[Event::kPoolElement]);

  const std::int64_t fetched = events[Event::kDramReadCommand];
  const std::int64_t loaded = dram_bytes(events) - fetched - events[Event::kDramWrite];
  const std::int64_t commands = fetched / kCommandBytes;
  set(Action::kDmaReadByte, loaded);
  set(Action::kDmaWriteByte, events[Event::kDramWrite]);
  set(Action::kDmaBurst, events[Event::kDramReadBurst] + events[Event::kDramWriteBurst] - commands);
  set(Action::kCommand, commands);
  set(Action::kDramReadByte, loaded + fetched);
  set(Action::kDramWriteByte, events[Event::kDramWrite]);
  return counts;
}

}  // namespace bitbalance::cost
