#include "quant/method/layers/activation_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "quant/ir/integer_values.h"

namespace bitbalance::method {
namespace {

void make_wide(QuantizedTensor& format) {
  format.bits = 16;
  format.is_signed = true;
}

}  // namespace

ActivationFormats::ActivationFormats(const Network& network, const Calibration& calibration,
                                     const std::vector<FusedLayer>& layers, int bits)
    : network_(network), calibration_(calibration), bits_(bits) {
  find_signs(layers);
  find_least_scales(layers);
  find_readers(layers);
}

QuantizedTensor ActivationFormats::format(int tensor) const {
  QuantizedTensor format;
  format.name = network_.tensors[tensor].name;
  format.shape = network_.shape(tensor);
  format.bits = bits_;
  format.is_signed = is_signed(tensor);
  return format;
}

const ValueRange& ActivationFormats::calibrated(int tensor) const {
  const std::string& name = network_.tensors[tensor].name;
  const auto found = calibration_.ranges.find(name);
  if (found == calibration_.ranges.end())
    throw std::invalid_argument(fmt::format("tensor '{}' has no calibrated range", name));
  const ValueRange& range = found->second;
  if (!std::isfinite(range.min) || !std::isfinite(range.max)) {
    throw std::invalid_argument(fmt::format(
        "tensor '{}' was calibrated from {} to {}; accepted: finite values", name, range.min, range.max));
  }
  return range;
}

double ActivationFormats::scale(int tensor, const QuantizedTensor& format) const {
  const ValueRange& range = calibrated(tensor);
  const double largest = std::max(std::abs(range.min), std::abs(range.max));
  return std::max(largest / range_of(format).high, least_scale_[tensor]);
}

void ActivationFormats::widen(QuantizedTensor& format, int tensor, int type) const {
  if (!ir::is_real_type(type) && !ir::is_narrow_type(type) && !is_read_[tensor]) make_wide(format);
}

bool ActivationFormats::keeps_integers(const QuantizedTensor& format, int tensor, int type) const {
  return !ir::is_real_type(type) && reaches(format, tensor);
}

bool ActivationFormats::reaches(const QuantizedTensor& format, int tensor) const {
  const ValueRange& found = calibrated(tensor);
  const ir::IntegerRange codes = range_of(format);
  return found.min >= static_cast<float>(codes.low) && found.max <= static_cast<float>(codes.high);
}

void ActivationFormats::settle_input(QuantizedTensor& format, std::optional<double> asked) const {
  const int input = network_.input;
  const bool is_real = ir::is_real_type(network_.input_type);
  const bool is_free = !is_read_[input];
  widen(format, input, network_.input_type);
  const WholeNumbers seen = is_real && is_free ? calibration_.of_input : WholeNumbers::kNone;
  if (seen != WholeNumbers::kNone) make_wide(format);
  const bool is_whole = !is_real || seen == WholeNumbers::kAll;
  if (asked) {
    format.scale = *asked;
  } else if (is_whole && least_scale(input) <= 1 && reaches(format, input)) {
    format.scale = 1;
  } else if (is_free && !is_real) {
    const ValueRange& found = calibrated(input);
    throw std::invalid_argument(
        fmt::format("input '{}': calibration saw {} to {}; accepted: {} to {}, of integers that no layer of "
                    "the accelerator reads",
                    format.name, found.min, found.max, range_of(format).low, range_of(format).high));
  } else {
    format.scale = scale(input, format);
    // Of steps that are powers of two up to 1 every whole number is one.
    if (seen != WholeNumbers::kNone) format.scale = std::exp2(std::ceil(std::log2(format.scale)));
  }
  if (format.scale == 0) format.scale = 1;  // of black images
}

// One negative slice makes a concatenation signed, and with it every slice; so what reads a slice is judged
// again.
void ActivationFormats::find_signs(const std::vector<FusedLayer>& layers) {
  non_negative_.assign(network_.tensors.size(), true);
  const bool is_signed_code = network_.input_type == ir::kInt8 || network_.input_type == ir::kInt4;
  non_negative_[network_.input] = calibrated(network_.input).min >= 0 && !is_signed_code;
  bool changed = true;
  while (changed) {
    changed = false;
    for (const FusedLayer& layer : layers) {
      const bool fits = is_non_negative(layer) && (layer.concat < 0 || non_negative_[layer.concat]);
      for (const int tensor : {layer.output, layer.concat}) {
        if (tensor < 0 || fits || !non_negative_[tensor]) continue;
        non_negative_[tensor] = false;
        changed = true;
      }
    }
  }
}

bool ActivationFormats::is_non_negative(const FusedLayer& layer) const {
  if (layer.lookup != nullptr) return layer.lookup->host.is_non_negative();
  if (layer.low >= 0) return true;
  if (layer.high < 0) return false;
  if (layer.op == LayerOp::kConv) return false;
  if (layer.op == LayerOp::kHost) return host_is_non_negative(*layer.node);
  return non_negative_[layer.input] && (layer.operand < 0 || non_negative_[layer.operand]);
}

// LRN keeps its input's signs.
bool ActivationFormats::host_is_non_negative(const Node& node) const {
  const std::vector<HostOperator>& steps = node.host.steps;  // several: equalization shifts channels
  const bool is_lrn = steps.size() == 1 && steps.front().type == "LRN";
  return node.host.is_non_negative() || (is_lrn && non_negative_[node.input]);
}

// Max pooling keeps its input's scale, so that one must reach the bounds to which the pooling clips.
void ActivationFormats::find_least_scales(const std::vector<FusedLayer>& layers) {
  least_scale_.assign(network_.tensors.size(), 0.0);
  const auto raise = [&](int tensor, double scale) {
    least_scale_[tensor] = std::max(least_scale_[tensor], scale);
  };
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    if (layer->concat >= 0 && layer->output >= 0) raise(layer->concat, least_scale_[layer->output]);
    if (layer->op != LayerOp::kMaxPool) continue;
    const int bits = bits_ - (is_signed(layer->output) ? 1 : 0);
    const double bound = std::max(layer->low, -layer->high);  // beyond it there is no result
    raise(layer->input, std::max(least_scale_[layer->output], bound / ((1 << bits) - 1)));
  }
}

void ActivationFormats::find_readers(const std::vector<FusedLayer>& layers) {
  is_read_.assign(network_.tensors.size(), false);
  for (const FusedLayer& layer : layers) {
    if (on_host(layer.op)) continue;
    is_read_[layer.input] = true;
    if (layer.operand >= 0) is_read_[layer.operand] = true;
  }
}

}  // namespace bitbalance::method
