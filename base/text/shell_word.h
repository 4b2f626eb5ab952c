// Words for a shell.
#pragma once

#include <string>

namespace bitbalance {

/// `text` as one word of a POSIX shell, whatever is in it; in quotes only where it needs them.
std::string shell_word(const std::string& text);

}  // namespace bitbalance
