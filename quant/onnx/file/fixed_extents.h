// The extents of inputs that have fixed values, where the file leaves some of them open.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "quant/host/host_tensor.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// An extent as the file has it: a number, or 0, which is open, with or without a symbol.
struct FileExtent {
  std::int64_t number = 0;
  std::string symbol = {};
};

struct FixedShape {
  std::string input;
  std::vector<FileExtent> extents;
  std::int64_t values = 1;  ///< how many the user gives; 1 stands for all elements
};

/// The extents of each, in their order. `symbols` are known, those of the image. An open batch, which is the
/// first of several extents and has a symbol of its own, is 1. One symbol, or one extent without, that is
/// left in an input follows from its values. Else an extent without a symbol is 1, and so is that of a
/// vector. Throws std::invalid_argument that names the input when a symbol stays open, or values do not fit
/// it.
std::vector<Dims> fixed_extents(const std::vector<FixedShape>& inputs,
                                std::map<std::string, std::int64_t> symbols);

}  // namespace bitbalance::onnx_io
