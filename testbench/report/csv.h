// Text in a CSV file.
#pragma once

#include <string>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// In quotes; a quote inside is doubled.
inline std::string csv_text(std::string text) {
  for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2) text.insert(at, 1, '"');
  return '"' + text + '"';
}

}  // namespace bitbalance::report
