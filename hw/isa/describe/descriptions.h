// The table of registers as files for other tools.
#pragma once

#include <cstdint>
#include <string>

#include "hw/isa/registers.h"

namespace bitbalance::isa {

/// "major.minor" of register VERSION.
std::string register_interface_version();

/// What both XML formats call an access.
const char* access_word(RegisterAccess access);

/// CMSIS-SVD 1.3, for debuggers. `base`: address of the registers; `interrupt`: number of the line.
std::string registers_svd(std::uint64_t base, unsigned interrupt);

/// IEEE 1685-2014 (IP-XACT): a component with one memory map.
std::string registers_ipxact();

/// A node of a device tree, for a bus with two address cells and two size cells and a label `plic`.
std::string device_tree_node(std::uint64_t base, unsigned interrupt);

}  // namespace bitbalance::isa
