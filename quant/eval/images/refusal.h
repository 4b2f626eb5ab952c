// A file of images or labels that cannot be used.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "base/text/outside_text.h"

namespace bitbalance::eval {

/// "FILE: PROBLEM" or, with a line (counted from 1), "FILE:LINE: PROBLEM".
[[noreturn]] inline void refuse(const std::filesystem::path& file, const std::string& problem) {
  throw std::invalid_argument(one_line(file.string() + ": " + problem));
}
[[noreturn]] inline void refuse(const std::filesystem::path& file, std::size_t line,
                                const std::string& problem) {
  refuse(file.string() + ":" + std::to_string(line), problem);
}

}  // namespace bitbalance::eval
