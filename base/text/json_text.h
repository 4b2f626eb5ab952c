// A text as JSON writes it.
#pragma once

#include <string>

namespace bitbalance {

/// In quotes; bytes that are not UTF-8 are replaced.
std::string json_text(const std::string& text);

}  // namespace bitbalance
