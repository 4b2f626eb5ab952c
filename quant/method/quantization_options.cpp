#include "quant/method/quantization_options.h"

namespace bitbalance::method {

const char* to_string(WeightMethod method) {
  switch (method) {
    case WeightMethod::kNearest:
      return "nearest";
    case WeightMethod::kCompensated:
      return "compensated";
  }
  return "?";
}

QuantizationOptions without_limit(QuantizationOptions options) {
  options.nnzb = options.weight_bits - 1;
  for (LayerOverride& layer : options.overrides) {
    layer.nnzb.reset();
    if (layer.weight_bits) layer.nnzb = *layer.weight_bits - 1;
  }
  return options;
}

}  // namespace bitbalance::method
