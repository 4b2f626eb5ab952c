// The faults as what a register's field can hold.
#pragma once

#include <cstdint>
#include <string>

#include "hw/isa/describe/xml_text.h"
#include "hw/isa/fault_names.h"
#include "hw/isa/registers.h"

namespace bitbalance::isa {

/// Nothing for a field that holds no fault. `spelled`: a number as the format has it.
inline void add_fault_values(XmlText& xml, const RegisterInfo& entry, const RegisterField& field,
                             std::string (*spelled)(std::uint32_t)) {
  if (entry.id != Register::kError || field.mask() != field_of(Register::kError, "code").mask()) return;
  xml.open("enumeratedValues");
  for (const FaultName& fault : kFaultNames) {
    xml.open("enumeratedValue");
    xml.element("name", fault.name);
    xml.element("description", to_string(fault.fault));
    xml.element("value", spelled(static_cast<std::uint32_t>(fault.fault)));
    xml.close("enumeratedValue");
  }
  xml.close("enumeratedValues");
}

}  // namespace bitbalance::isa
