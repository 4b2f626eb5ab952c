// What a network gives: the results that its file names, of which the first is judged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/ir/names.h"

namespace bitbalance::ir {

// ONNX's numbers of element types.
inline constexpr int kFloat32 = 1, kUint8 = 2, kInt8 = 3, kBool = 9, kFloat16 = 10, kFloat64 = 11,
                     kBfloat16 = 16, kUint4 = 21, kInt4 = 22;

constexpr bool is_real_type(int type) {
  return type == kFloat32 || type == kFloat16 || type == kFloat64 || type == kBfloat16;
}

/// Integers of up to 8 bits, and truths.
constexpr bool is_narrow_type(int type) {
  return type == kUint8 || type == kInt8 || type == kBool || type == kUint4 || type == kInt4;
}

/// A result under the name, extents and element type that the file gives it; they may differ from the
/// tensor's.
struct Output {
  std::string name;
  int tensor = -1;
  Dims dims;
  int type = kFloat32;
};

/// Tensors that are results of a float or quantized network, each once, the judged one first.
template <class AnyNetwork>
std::vector<int> result_tensors(const AnyNetwork& network) {
  std::vector<int> tensors = {network.output};
  for (const Output& output : network.outputs) {
    if (std::find(tensors.begin(), tensors.end(), output.tensor) == tensors.end())
      tensors.push_back(output.tensor);
  }
  return tensors;
}

template <class AnyNetwork>
bool is_result(const AnyNetwork& network, int tensor) {
  return tensor == network.output ||
         std::any_of(network.outputs.begin(), network.outputs.end(),
                     [&](const Output& output) { return output.tensor == tensor; });
}

/// Where the wanted names are among those of a file, in the order in which they are wanted. Throws
/// std::invalid_argument for a name that is not there, or wanted twice.
std::vector<std::size_t> places_of_outputs(const std::vector<std::string>& known,
                                           const std::vector<std::string>& wanted);

}  // namespace bitbalance::ir
