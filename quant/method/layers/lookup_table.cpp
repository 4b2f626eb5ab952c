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

}  // namespace

std::vector<std::int16_t> make_table(HostGraph function, const QuantizedTensor& code,
                                     const QuantizedTensor& result) {
  const int entries = table_entries(code.bits);
  std::vector<float> operands(entries);
  for (int i = 0; i < entries; ++i) operands[i] = static_cast<float>(code_of(i, code) * code.scale);
  const Dims dims = {entries};
  function.inputs = {dims};
  for (HostOperator& step : function.steps) step.result = dims;
  const HostTensor results = function.run({operands.data()});
  std::vector<std::int16_t> table(entries);
  std::transform(results.values.begin(), results.values.end(), table.begin(), [&](float value) {
    return static_cast<std::int16_t>(std::isnan(value) ? 0 : quantize_value(result, value));
  });
  return table;
}

}  // namespace bitbalance::method
