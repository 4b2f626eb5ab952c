#include "tests/support/golden_check.h"

#include <algorithm>

#include "testbench/golden/golden.h"
#include "tests/support/program_interpreter.h"

namespace bitbalance::test {
namespace {

/// The first byte outside of every tensor that place_images() did not leave so; empty if there is none.
std::string changed_gap(const RandomCase& c, const std::vector<std::uint8_t>& data) {
  std::vector<bool> is_of_tensor(data.size());
  for (const TensorPlacement& p : c.mapped.program.tensors) {
    const QuantizedTensor& tensor = c.network.tensors[p.tensor];
    const auto bytes = static_cast<std::ptrdiff_t>(tensor.shape.elements() * tensor.bits / 8);
    for (std::size_t n = 0; n < c.images.size(); ++n) {
      const auto begin = is_of_tensor.begin() + static_cast<std::ptrdiff_t>(p.offset + n * p.image_pitch);
      std::fill(begin, begin + bytes, true);
    }
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!is_of_tensor[i] && data[i] != kUnwritten)
      return "byte " + std::to_string(i) + " of the data region, outside of every tensor, was written";
  }
  return "";
}

}  // namespace

std::string first_mismatch(const RandomCase& c, const std::vector<std::uint8_t>& data) {
  GoldenModel golden(c.network, {c.config.accumulator_bits_8, c.config.accumulator_bits_16});
  for (std::size_t n = 0; n < c.images.size(); ++n) {
    const auto& expected = golden.run(c.images[n]);
    for (const TensorPlacement& p : c.mapped.program.tensors) {
      const auto found = read_tensor(c.mapped.program, c.network, data, p.tensor, static_cast<int>(n));
      const auto& wanted = expected[p.tensor];
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (found[i] == wanted[i]) continue;
        return "image " + std::to_string(n) + ", " + c.network.tensors[p.tensor].name + ", element " +
               std::to_string(i) + ": expected " + std::to_string(wanted[i]) + ", found " +
               std::to_string(found[i]);
      }
    }
  }
  return changed_gap(c, data);
}

}  // namespace bitbalance::test
