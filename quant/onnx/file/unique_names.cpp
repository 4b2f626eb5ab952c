#include "quant/onnx/file/unique_names.h"

#include <fmt/format.h>

#include <algorithm>

namespace bitbalance::onnx_io {

std::string UniqueNames::take(const std::string& name) {
  int& last = last_[name];
  if (last == 0 && taken_.insert(name).second) {
    last = 1;
    return name;
  }
  for (last = std::max(last, 1);;) {
    std::string unique = fmt::format("{}_{}", name, ++last);
    if (taken_.insert(unique).second) return unique;
  }
}

}  // namespace bitbalance::onnx_io
