#include "hw/isa/account/events.h"

namespace bitbalance::isa {

const char* to_string(Event event) {
  switch (event) {
    case Event::kShiftAdd:
      return "shift_adds";
    case Event::kNullSlot:
      return "null_slots";
    case Event::kWeightEncode:
      return "weights_encoded";
    case Event::kWeightBufferRead:
      return "weight_buffer_word_reads";
    case Event::kWeightBufferWrite:
      return "weight_buffer_word_writes";
    case Event::kActivationBufferRead:
      return "activation_buffer_element_reads";
    case Event::kActivationBufferWrite:
      return "activation_buffer_element_writes";
    case Event::kOutputBufferRead:
      return "output_buffer_element_reads";
    case Event::kOutputBufferWrite:
      return "output_buffer_element_writes";
    case Event::kParameterRead:
      return "parameter_entry_reads";
    case Event::kParameterWrite:
      return "parameter_entry_writes";
    case Event::kDrain:
      return "accumulators_drained";
    case Event::kRequantize:
      return "requantizations";
    case Event::kLookup:
      return "lookups";
    case Event::kTableWrite:
      return "table_entry_writes";
    case Event::kPoolElement:
      return "pool_elements";
    case Event::kDramReadCommand:
      return "dram_read_command_bytes";
    case Event::kDramReadWeight:
      return "dram_read_weight_bytes";
    case Event::kDramReadParameter:
      return "dram_read_parameter_bytes";
    case Event::kDramReadActivation:
      return "dram_read_activation_bytes";
    case Event::kDramReadOperand:
      return "dram_read_operand_bytes";
    case Event::kDramReadUnused:
      return "dram_read_unused_bytes";
    case Event::kDramWrite:
      return "dram_write_bytes";
    case Event::kDramReadBurst:
      return "dram_read_bursts";
    case Event::kDramWriteBurst:
      return "dram_write_bursts";
    case Event::kCount:
      break;
  }
  return "?";
}

}  // namespace bitbalance::isa
