// Names that nobody else has: with a number where one is taken.
#pragma once

#include <map>
#include <set>
#include <string>

#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

class UniqueNames {
 public:
  std::string take(const std::string& name);

 private:
  std::set<std::string> taken_;
  std::map<std::string, int> last_;  ///< number that a name was given
};

}  // namespace bitbalance::onnx_io
