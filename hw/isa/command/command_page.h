// docs/command-fields.md: the bytes of every command, from the descriptions in command_fields.h.
#pragma once

#include <string>

namespace bitbalance::isa {

std::string command_fields_markdown();

}  // namespace bitbalance::isa
