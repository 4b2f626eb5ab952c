// Every setting of an accelerator with its name and meaning, once: scenarios and stored programs are read and
// written by visitors that are shown them.
#pragma once

#include <string>
#include <vector>

#include "base/text/enum_names.h"
#include "hw/isa/config.h"

namespace bitbalance::isa {

inline std::vector<std::string> synchronization_names() {
  std::vector<std::string> names;
  for (const SynchronizationRule& rule : synchronization_rules()) names.emplace_back(rule.name);
  return names;
}

/// `v`: has the functions of scenario::SettingsVisitor that are called here.
template <class Visitor>
void show_settings(Visitor& v, AcceleratorConfig& s) {
  v.integer({"rows", "PE rows = output channels of a tile"}, s.rows);
  v.integer({"columns", "PE columns = output pixels of a tile, twice as many with 8-bit lanes"}, s.columns);
  v.section({"pe", "what the lanes of a PE serve"}, [&] {
    v.choice({"lanes", "adaptive: two of 8 bits or one of 16; 2x8: two of 8 bits only"}, s.pe.lanes,
             names_of({PeLanes::kAdaptive, PeLanes::kNarrow}));
    v.integer({"shift", "largest position of a token"}, s.pe.shift);
  });
  v.section({"pipeline", "clock cycles that long paths are cut into"}, [&] {
    v.integer({"pe", "2: a register between shifter and adder of a PE"}, s.pipeline.pe);
    v.integer({"activation_read", "address, to the banks, bank, to the lanes"}, s.pipeline.activation_read);
    v.integer({"multiply", "bias, multiplier, rounding of post-processor and vector unit"},
              s.pipeline.multiply);
    v.integer({"clamp", "shift, operand, limits, write of both"}, s.pipeline.clamp);
  });
  v.integer({"accumulator_bits_8", "width of an 8-bit lane's accumulator"}, s.accumulator_bits_8);
  v.integer({"accumulator_bits_16", "width of a 16-bit lane's accumulator"}, s.accumulator_bits_16);
  v.boolean({"allow_wrap", "accept layers whose sums could overflow an accumulator; they wrap"},
            s.allow_wrap);
  v.choice({"synchronization", "how the rows agree on the end of a step"}, s.synchronization,
           synchronization_names());
  v.choice({"column_mapping", "how output pixels are dealt to columns"}, s.column_mapping,
           names_of({ColumnMapping::kFlattened, ColumnMapping::kRow}));
  v.choice({"token_form", "how a non-zero bit becomes a shift-add"}, s.token_form, token_form_names());
  v.choice({"weight_storage", "form of weights in DRAM and weight buffer"}, s.weight_storage,
           names_of({WeightStorage::kDense, WeightStorage::kTokens}));
  v.integer({"weight_bank_bytes", "one bank per row"}, s.weight_bank_bytes);
  v.integer({"activation_buffer_bytes", "all 2 x columns byte-wide banks together"},
            s.activation_buffer_bytes);
  v.integer({"output_buffer_bytes", "results on their way to DRAM, residual operands"},
            s.output_buffer_bytes);
  v.integer({"parameter_buffer_bytes", "16 bytes per output channel"}, s.parameter_buffer_bytes);
  v.integer({"lookup_tables", "functions whose tables are on chip; 0: the host computes functions"},
            s.lookup_tables);
  v.choice({"sram_ports",
            "price of memories: one port, two where units often meet, two, or what units can use in a cycle"},
           s.sram_ports,
           names_of({SramPorts::kShared, SramPorts::kMixed, SramPorts::kTwoPort, SramPorts::kPerUnit}));
  v.integer({"queue_depth", "commands waiting in front of each engine"}, s.queue_depth);
  v.real({"clock_hz", "clock frequency"}, s.clock_hz, AcceleratorConfig::kLeastClockHz,
         AcceleratorConfig::kMostClockHz);
  v.section({"dram", "the DRAM interface"}, [&] {
    v.integer({"burst_bytes", "size and alignment of a load's reads"}, s.dram.burst_bytes);
    v.integer({"max_outstanding", "unanswered requests per channel"}, s.dram.max_outstanding);
    v.boolean({"use_nb_transport", "false: b_transport, one transaction at a time per channel"},
              s.dram.use_nb_transport);
  });
  v.checked([&] { check(s); });
}

}  // namespace bitbalance::isa
