#include "tests/support/golden_check.h"

#include "testbench/golden/golden.h"
#include "tests/support/program_interpreter.h"

namespace bitbalance::test {

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
  return "";
}

}  // namespace bitbalance::test
