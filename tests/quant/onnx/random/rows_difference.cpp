#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "quant/eval/evaluator.h"
#include "tests/quant/onnx/random/random_rows.h"
#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test {
namespace {

/// Of one image: extents are the same but for one, along which all behind what is expected is -1.
std::string difference_of_image(const Dims& dims, const std::vector<float>& found,
                                const ReferenceTensor& expected) {
  std::size_t open = dims.size();
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == expected.dims[d]) continue;
    if (open != dims.size() || dims[d] < expected.dims[d])
      return fmt::format("extents {}, expected {}", dims, expected.dims);
    open = d;
  }
  std::string wrong;
  std::size_t i = 0;
  onnx_reference::tabulate({dims.begin(), dims.end()}, [&](const std::vector<std::int64_t>& at) {
    const bool is_none = open != dims.size() && at[open] >= expected.dims[open];
    const double right = is_none ? -1 : onnx_reference::element(expected, at);
    const float value = found[i++];
    if (wrong.empty() && !(std::abs(value - right) <= 1e-4 + 1e-4 * std::abs(right)))
      wrong = fmt::format("element {} is {}, expected {}", at, value, right);
    return 0.0;
  });
  return wrong;
}

}  // namespace

std::string difference_of_rows(const RandomRows& drawn, const Network& network) {
  Evaluator evaluator(network);
  for (std::size_t image = 0; image < drawn.images.size(); ++image) {
    const std::vector<float>& found = evaluator.run(drawn.images[image]);
    const Dims& dims = network.outputs.at(0).dims;
    if (dims.size() != drawn.expected[image].dims.size())
      return fmt::format("image {}: extents {}, expected {}", image, dims, drawn.expected[image].dims);
    const std::string wrong = difference_of_image(dims, found, drawn.expected[image]);
    if (!wrong.empty()) return fmt::format("image {}: {}", image, wrong);
  }
  return "";
}

}  // namespace bitbalance::test
