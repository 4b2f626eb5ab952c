#include "quant/method/layers/lookup_table.h"

#include <algorithm>
#include <cmath>

#include "quant/ir/integer_values.h"

namespace bitbalance::method {
namespace {

/// The code whose result is entry `index`; at 16 bit the last one is the first code that there is not.
int code_of(int index, const QuantizedTensor& code) {
  if (code.bits == 16) return 256 * index - 32768;
  return code.is_signed && index >= 128 ? index - 256 : index;
}

/// The function, as the host computes it, at the code of each entry.
std::vector<float> results_of(HostGraph function, const QuantizedTensor& code) {
  const int entries = table_entries(code.bits);
  std::vector<float> operands(entries);
  for (int i = 0; i < entries; ++i) operands[i] = static_cast<float>(code_of(i, code) * code.scale);
  const Dims dims = {entries};
  function.inputs = {dims};
  for (HostOperator& step : function.steps) step.result = dims;
  return function.run({operands.data()}).values;
}

}  // namespace

std::vector<std::int16_t> make_table(const HostGraph& function, const QuantizedTensor& code,
                                     const QuantizedTensor& result) {
  const std::vector<float> results = results_of(function, code);
  std::vector<std::int16_t> table(results.size());
  std::transform(results.begin(), results.end(), table.begin(), [&](float value) {
    return static_cast<std::int16_t>(std::isnan(value) ? 0 : quantize_value(result, value));
  });
  return table;
}

double largest_end(const HostGraph& function, const QuantizedTensor& code, const ValueRange& operands,
                   double largest) {
  const std::vector<float> ends = results_of(function, code);
  const auto line_of = [&](float operand) { return (quantize_value(code, operand) + 32768) / 256; };
  double found = largest;
  for (int line = line_of(operands.min); line <= line_of(operands.max); ++line) {
    const double first = std::abs(ends[line]), second = std::abs(ends[line + 1]);
    if (std::min(first, second) <= largest && std::isfinite(std::max(first, second)))
      found = std::max({found, first, second});
  }
  return found;
}

}  // namespace bitbalance::method
