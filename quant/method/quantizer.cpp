#include "quant/method/quantizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

#include "base/process/pages.h"
#include "base/process/parallel.h"
#include "base/text/config_error.h"
#include "base/text/name_pattern.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/representable.h"
#include "quant/ir/rescale.h"
#include "quant/method/layers/equalization.h"
#include "quant/method/layers/fusion.h"
#include "quant/method/layers/host_placement.h"
#include "quant/method/layers/lookup_table.h"
#include "quant/method/sample_sweep.h"
#include "quant/method/weights/error_compensation.h"
#include "quant/method/weights/weight_quantizer.h"

namespace bitbalance::method {
namespace {

class Quantizer {
 public:
  /// `spent`: null, or `network` itself, whose weights go when their integers are there.
  Quantizer(const Network& network, const Calibration& calibration, const QuantizationOptions& options,
            Network* spent = nullptr)
      : network_(network),
        calibration_(calibration),
        options_(options),
        spent_(spent),
        index_(network.tensors.size(), -1) {}

  QuantizedNetwork run(const std::vector<std::vector<float>>& samples, const QuantizationProgress& progress) {
    const std::vector<FusedLayer> layers = fuse(network_);
    find_overrides(layers);
    result_.name = network_.name;
    find_signs(layers);
    find_least_scales(layers);
    for (const FusedLayer& layer : layers)
      if (layer.concat >= 0 && layer.lookup != nullptr) parts_with_tables_[layer.concat].push_back(&layer);
    find_readers(layers);
    add_input();
    if (options_.uses_samples()) {
      sweep_ =
          std::make_unique<SampleSweep>(network_, layers, samples, options_.sequential, options_.threads);
      sweep_->quantize_inputs(result_.tensors[result_.input], result_.input);
    }
    for (const FusedLayer& layer : layers) {
      if (progress) progress(static_cast<double>(result_.layers.size()) / static_cast<double>(layers.size()));
      try {
        add_layer(layer);
        if (sweep_) {
          sweep_->advance(layer, result_, result_.layers.back());
        } else if (spent_ != nullptr && layer.op == LayerOp::kConv) {
          std::vector<float>().swap(spent_->nodes[layer.node - network_.nodes.data()].weights);
        }
      } catch (const ConfigError& refused) {
        throw refused.of(fmt::format("layer '{}'", layer.node->name));
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(fmt::format("layer '{}': {}", layer.node->name, error.what()));
      }
    }
    result_.output = index_[network_.output];
    for (const Output& output : network_.outputs)
      result_.outputs.push_back({output.name, index_[output.tensor], output.dims});
    return std::move(result_);
  }

 private:
  void find_overrides(const std::vector<FusedLayer>& layers) {
    std::vector<std::string> names;
    for (const FusedLayer& layer : layers)
      if (layer.op == LayerOp::kConv) names.push_back(layer.node->name);
    for (const LayerOverride& entry : options_.overrides) {
      const std::vector<std::size_t> places = named(entry.pattern, names);
      if (places.empty()) {
        throw std::invalid_argument(
            fmt::format("quantization override '{}' matches no layer with weights; accepted: {}",
                        entry.pattern, fmt::join(names, ", ")));
      }
      for (const std::size_t place : places) overrides_[names[place]].push_back(entry);
    }
  }

  const ValueRange& calibrated(int tensor) const {
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

  // A tensor that calibration saw as zero everywhere keeps the scale of what it is made from: others that
  // join it are of that size.
  double calibrated_scale(const FusedLayer& fused, int tensor, const QuantizedTensor& quantized) const {
    const double scale = calibrated_scale(tensor, quantized);
    return scale > 0 ? scale : result_.tensors[index_[fused.input]].scale;
  }

  double calibrated_scale(int tensor, const QuantizedTensor& quantized) const {
    const ValueRange& range = calibrated(tensor);
    const double largest = std::max(std::abs(range.min), std::abs(range.max));
    return std::max(largest / range_of(quantized).high, least_scale_[tensor]);
  }

  QuantizedTensor& new_tensor(int tensor) {
    index_[tensor] = static_cast<int>(result_.tensors.size());
    QuantizedTensor& quantized = result_.tensors.emplace_back();
    quantized.name = network_.tensors[tensor].name;
    quantized.shape = network_.shape(tensor);
    quantized.bits = options_.activation_bits;
    quantized.is_signed = is_signed(tensor);
    return quantized;
  }

  bool is_signed(int tensor) const { return options_.activation_bits == 16 || !non_negative_[tensor]; }

  /// Of integers of the file, of which the accelerator reads none: 16 bits, whatever calibration saw, unless
  /// 8 hold all of their type.
  void widen(QuantizedTensor& quantized, int tensor, int type) const {
    if (ir::is_real_type(type) || ir::is_narrow_type(type) || is_read_[tensor]) return;
    quantized.bits = 16;
    quantized.is_signed = true;
  }

  /// Are they integers of which codes of steps of 1 reach all that calibration saw?
  bool keeps_integers(const QuantizedTensor& quantized, int tensor, int type) const {
    const ValueRange& found = calibrated(tensor);
    const ir::IntegerRange codes = range_of(quantized);
    return !ir::is_real_type(type) && found.min >= static_cast<float>(codes.low) &&
           found.max <= static_cast<float>(codes.high);
  }

  void add_input() {
    QuantizedTensor& input = new_tensor(network_.input);
    widen(input, network_.input, network_.input_type);
    const bool is_kept =
        least_scale_[network_.input] <= 1 && keeps_integers(input, network_.input, network_.input_type);
    input.scale = options_.input_scale.value_or(is_kept ? 1 : calibrated_scale(network_.input, input));
    if (input.scale == 0) input.scale = 1.0;  // of black images
    result_.input = index_[network_.input];
    result_.input_type = network_.input_type;
  }

  bool is_non_negative(const FusedLayer& fused) const {
    if (fused.lookup != nullptr) return fused.lookup->host.is_non_negative();
    if (fused.low >= 0) return true;
    if (fused.high < 0) return false;
    if (fused.op == LayerOp::kConv) return false;
    if (fused.op == LayerOp::kHost) return host_is_non_negative(*fused.node);
    return non_negative_[fused.input] && (fused.operand < 0 || non_negative_[fused.operand]);
  }

  // LRN keeps its input's signs.
  bool host_is_non_negative(const Node& node) const {
    const std::vector<HostOperator>& steps = node.host.steps;  // several: equalization shifts channels
    const bool is_lrn = steps.size() == 1 && steps.front().type == "LRN";
    return node.host.is_non_negative() || (is_lrn && non_negative_[node.input]);
  }

  // One negative slice makes a concatenation signed, and with it every slice; so what reads a slice is judged
  // again.
  void find_signs(const std::vector<FusedLayer>& layers) {
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

  // Max pooling keeps its input's scale, so that one must reach the bounds to which the pooling clips.
  void find_least_scales(const std::vector<FusedLayer>& layers) {
    least_scale_.assign(network_.tensors.size(), 0.0);
    const auto raise = [&](int tensor, double scale) {
      least_scale_[tensor] = std::max(least_scale_[tensor], scale);
    };
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      if (layer->concat >= 0 && layer->output >= 0) raise(layer->concat, least_scale_[layer->output]);
      if (layer->op != LayerOp::kMaxPool) continue;
      const int bits = options_.activation_bits - (is_signed(layer->output) ? 1 : 0);
      const double bound = std::max(layer->low, -layer->high);  // beyond it there is no result
      raise(layer->input, std::max(least_scale_[layer->output], bound / ((1 << bits) - 1)));
    }
  }

  void find_readers(const std::vector<FusedLayer>& layers) {
    is_read_.assign(network_.tensors.size(), false);
    for (const FusedLayer& layer : layers) {
      if (on_host(layer.op)) continue;
      is_read_[layer.input] = true;
      if (layer.operand >= 0) is_read_[layer.operand] = true;
    }
  }

  // The output as channels of a concatenation, in its format.
  QuantizedTensor& new_slice(const FusedLayer& fused, const std::string& name) {
    if (index_[fused.concat] < 0) {
      QuantizedTensor& whole = new_tensor(fused.concat);
      whole.scale = calibrated_scale(fused, fused.concat, whole);
      for (const FusedLayer* part : parts_with_tables_[fused.concat])
        whole.scale = std::max(whole.scale, table_scale(*part, whole));
    }
    QuantizedTensor slice = result_.tensors[index_[fused.concat]];
    slice.parent = index_[fused.concat];
    slice.channel_offset = fused.channel_offset;
    slice.name = name;
    const int part = fused.output < 0 ? fused.input : fused.output;
    slice.shape = network_.shape(part);
    if (fused.output >= 0) {
      index_[fused.output] = static_cast<int>(result_.tensors.size());
      slice.name = network_.tensors[fused.output].name;
    }
    return result_.tensors.emplace_back(std::move(slice));
  }

  /// Of what the host computes: integers (indices, truths), if the model gives it as an output of such.
  int type_of(int tensor) const {
    const auto integers =
        std::find_if(network_.outputs.begin(), network_.outputs.end(),
                     [&](const Output& o) { return o.tensor == tensor && !ir::is_real_type(o.type); });
    return integers == network_.outputs.end() ? ir::kFloat32 : integers->type;
  }

  QuantizedTensor& new_output(const FusedLayer& fused, const std::string& name) {
    if (fused.concat >= 0) return new_slice(fused, name);
    QuantizedTensor& output = new_tensor(fused.output);
    const int type = fused.op == LayerOp::kHost ? type_of(fused.output) : ir::kFloat32;
    widen(output, fused.output, type);
    if (fused.op == LayerOp::kMaxPool) {
      output.scale = result_.tensors[index_[fused.input]].scale;
    } else if (fused.op == LayerOp::kHost && fused.node->host.steps.back().type == "Softmax") {
      output.scale = std::max(1.0 / range_of(output).high, least_scale_[fused.output]);
    } else if (keeps_integers(output, fused.output, type)) {
      output.scale = 1;
    } else {
      output.scale = std::max(calibrated_scale(fused, fused.output, output), table_scale(fused, output));
    }
    return output;
  }

  void add_layer(const FusedLayer& fused) {
    QuantizedLayer layer;
    layer.name = fused.node->name;
    if (fused.node->op == Op::kConcat) layer.name += "." + network_.tensors[fused.input].name;
    layer.op = fused.op;
    layer.input = index_[fused.input];
    layer.operand = fused.operand < 0 ? -1 : index_[fused.operand];
    layer.window = fused.node->window;
    layer.count_include_pad = fused.node->count_include_pad;

    layer.host = fused.node->host;
    if (fused.op == LayerOp::kHost)
      for (const int tensor : fused.node->others) layer.others.push_back(index_[tensor]);

    const QuantizedTensor output = new_output(fused, layer.name);
    layer.output = static_cast<int>(result_.tensors.size()) - 1;
    const double input_scale = result_.tensors[layer.input].scale;
    // What is summed, rescaled and clipped.
    QuantizedTensor sum = output;
    if (fused.lookup != nullptr) {
      sum = code_of(fused);
      layer.table = make_table(fused.lookup->host, sum, output);
    }
    layer.clip_low = quantize_value(sum, fused.low);
    layer.clip_high = quantize_value(sum, fused.high);

    if (fused.op == LayerOp::kConv) quantize_weights(fused, sum.scale, layer);
    if (fused.op == LayerOp::kAdd) layer.rescale = {make_rescale(input_scale / output.scale)};
    if (fused.op == LayerOp::kAvgPool) {
      for (std::int64_t n = 1; n <= layer.window.area(); ++n)
        layer.rescale.push_back(make_rescale(input_scale / output.scale / static_cast<double>(n)));
    }
    if (layer.operand >= 0)
      layer.operand_rescale = make_rescale(result_.tensors[layer.operand].scale / sum.scale);
    result_.layers.push_back(std::move(layer));
  }

  /// What the table is asked for: the input, or of a convolution a tensor that is never stored. The input of
  /// a part of a concatenation may come only after the first part, which settles the scale of all.
  QuantizedTensor code_of(const FusedLayer& fused) const {
    if (fused.op == LayerOp::kLookup && index_[fused.input] >= 0) return result_.tensors[index_[fused.input]];
    QuantizedTensor code;
    code.bits = options_.activation_bits;
    code.is_signed = code.bits == 16 || fused.low < 0;
    code.scale = calibrated_scale(fused, fused.lookup->input, code);
    return code;
  }

  /// A 16-bit table's lines end beyond the results' range, also one that the file states; the scale has room
  /// for the ends, else the last line would be too flat.
  double table_scale(const FusedLayer& fused, const QuantizedTensor& result) const {
    if (fused.lookup == nullptr || result.bits != 16) return 0;
    const ValueRange &operands = calibrated(fused.lookup->input), &results = calibrated(fused.output);
    if (operands.min == 0 && operands.max == 0) return 0;  // code 0 alone, at which a line ends
    const double largest = std::max(std::abs(results.min), std::abs(results.max));
    return largest_end(fused.lookup->host, code_of(fused), operands, largest) / range_of(result).high;
  }

  /// `sum_scale`: of requantized sums.
  void quantize_weights(const FusedLayer& fused, double sum_scale, QuantizedLayer& layer) {
    const Node& node = *fused.node;
    layer.groups = node.groups;
    layer.token_form = options_.token_form;
    layer.weight_bits = options_.weight_bits;
    layer.nnzb = options_.nnzb;
    for (const LayerOverride& entry : overrides_[node.name]) {
      layer.weight_bits = entry.weight_bits.value_or(layer.weight_bits);
      layer.nnzb = entry.nnzb.value_or(layer.nnzb);
    }
    const QuantizedTensor& input = result_.tensors[layer.input];
    std::vector<InputMoments> moments;
    const bool compensated = options_.method == WeightMethod::kCompensated;
    if (sweep_) moments = sweep_->moments(fused, input, layer.input, compensated);

    RoundedFilters rounded = round_filters(node, layer, sum_scale, moments);
    std::vector<double> bias(node.bias.begin(), node.bias.end());
    if (options_.bias_correction) {
      const std::vector<double> error = mean_error(node.weights, rounded, moments);
      std::transform(bias.begin(), bias.end(), error.begin(), bias.begin(), std::plus<>());
    }
    for (std::size_t m = 0; m < bias.size(); ++m) {
      const double scale = rounded.scale[m];
      layer.bias.push_back(std::llround(bias[m] / (input.scale * scale)));
      layer.rescale.push_back(make_rescale(input.scale * scale / sum_scale));
    }
    layer.weights = std::move(rounded.weights);
    layer.weight_scale = std::move(rounded.scale);
  }

  RoundedFilters round_filters(const Node& node, const QuantizedLayer& layer, double sum_scale,
                               const std::vector<InputMoments>& moments) {
    const RepresentableSet& set = representable(layer.weight_bits, layer.nnzb);
    const std::size_t filters = node.bias.size();
    const std::size_t depth = node.weights.size() / filters;
    RoundedFilters rounded;
    rounded.scale.resize(filters);
    std::vector<double> least(filters);
    for_filters(filters, [&](std::size_t m) {
      const float* weights = &node.weights[m * depth];
      double scale = absmax_scale(weights, depth, layer.weight_bits);
      if (options_.scale_search) scale = search_scale(weights, depth, set, scale);
      least[m] = least_weight_scale(node.bias[m], result_.tensors[layer.input].scale, sum_scale);
      rounded.scale[m] = std::max(scale, least[m]);
    });
    if (options_.method == WeightMethod::kCompensated) {
      return compensate(node.weights, moments, set, rounded.scale, least, options_.compensation,
                        options_.bias_correction, options_.threads);
    }
    round_to_nearest(node, set, rounded);
    return rounded;
  }

  /// A part at a time, so that float weights make room for the integers.
  void round_to_nearest(const Node& node, const RepresentableSet& set, RoundedFilters& rounded) {
    constexpr std::size_t kPart = std::size_t{4} << 20;  // weights
    const std::size_t filters = rounded.scale.size(), depth = node.weights.size() / filters;
    const std::size_t filters_of_part = std::max<std::size_t>(kPart / std::max<std::size_t>(depth, 1), 1);
    float* const spent =
        spent_ == nullptr || sweep_ ? nullptr : spent_->nodes[&node - network_.nodes.data()].weights.data();
    rounded.weights.reserve(node.weights.size());
    for (std::size_t first = 0; first < filters; first += filters_of_part) {
      const std::size_t count = std::min(filters_of_part, filters - first), begin = first * depth;
      Pages(rounded.weights.data() + begin, count * depth * sizeof(std::int16_t)).fetch(options_.threads);
      rounded.weights.resize(begin + count * depth);
      for_filters(count, [&](std::size_t i) {
        const std::size_t at = begin + i * depth;
        round_weights(&node.weights[at], depth, set, rounded.scale[first + i], &rounded.weights[at]);
      });
      if (spent != nullptr) Pages(spent + begin, count * depth * sizeof(float)).give_back();
    }
  }

  template <typename Body>
  void for_filters(std::size_t filters, const Body& body) const {
    parallel_for(static_cast<int>(filters), options_.threads,
                 [&](int m) { body(static_cast<std::size_t>(m)); });
  }

  // Channels that training switched off have weights of 1e-20 and biases of 1. In units of such weights the
  // bias would overflow the accumulator and the multiplier would lose its bits; so both bound the scale from
  // below. Ordinary channels of 8-bit weights stay far from either bound: their bias has fewer bits and their
  // factor is above 2^-20. 16-bit weights beside 8-bit activations have steps so small that a large bias
  // reaches its bound, and their scale is raised.
  double least_weight_scale(float bias, double input_scale, double sum_scale) const {
    const double largest_bias =
        std::exp2(options_.activation_bits == 16 ? 40 : 24);  // of 48- and 32-bit accumulators
    const double least_factor = std::exp2(-30);               // of Rescale: 2^15 / 2^47 is 2^-32
    return std::max(std::abs(bias) / largest_bias, least_factor * sum_scale) / input_scale;
  }

  const RepresentableSet& representable(int weight_bits, int nnzb) {
    const auto key = std::make_pair(weight_bits, nnzb);
    const auto found = sets_.find(key);
    if (found != sets_.end()) return found->second;
    return sets_.emplace(key, RepresentableSet(weight_bits, nnzb, options_.token_form)).first->second;
  }

  const Network& network_;
  const Calibration& calibration_;
  const QuantizationOptions& options_;
  Network* const spent_;
  std::map<std::string, std::vector<LayerOverride>> overrides_;  ///< by convolution
  std::vector<int> index_;           ///< float tensor -> tensor of the result, -1: none
  std::vector<bool> non_negative_;   ///< by float tensor
  std::vector<double> least_scale_;  ///< by float tensor
  std::map<int, std::vector<const FusedLayer*>> parts_with_tables_;  ///< by concatenation
  std::vector<bool> is_read_;                                        ///< by the accelerator; by float tensor
  std::map<std::pair<int, int>, RepresentableSet> sets_;
  QuantizedNetwork result_;
  std::unique_ptr<SampleSweep> sweep_;  ///< of methods that use samples
};

void check(const QuantizationOptions& options, bool has_samples) {
  const double input_scale = options.input_scale.value_or(1), damping = options.compensation.damping;
  require(options.activation_bits == 8 || options.activation_bits == 16, "quantization", "activation_bits",
          options.activation_bits, "8, 16");
  require(input_scale > 0 && std::isfinite(input_scale), "quantization", "input_scale", input_scale,
          "above 0");
  require(damping >= kLeastDamping && damping <= 1, "quantization", "damping", damping,
          fmt::format("{} to 1", kLeastDamping));
  if (options.uses_samples() && !has_samples) {
    throw std::invalid_argument(fmt::format("method {}{} without calibration images; accepted: at least one",
                                            to_string(options.method),
                                            options.bias_correction ? " with bias correction" : ""));
  }
  static_cast<void>(RepresentableSet(options.weight_bits, options.nnzb, options.token_form));  // checks them
}

void check_finite(const Node& node) {
  for (const auto* values : {&node.weights, &node.bias}) {
    const auto bad =
        std::find_if_not(values->begin(), values->end(), [](float v) { return std::isfinite(v); });
    if (bad == values->end()) continue;
    throw std::invalid_argument(fmt::format("layer '{}': {} {} is {}; accepted: finite values", node.name,
                                            values == &node.weights ? "weight" : "bias",
                                            bad - values->begin(), *bad));
  }
}

QuantizedNetwork quantize_prepared(const Network& network, Network* spent, const Calibration& ranges,
                                   const QuantizationOptions& options,
                                   const std::vector<std::vector<float>>& samples,
                                   const QuantizationProgress& progress) {
  check(options, !samples.empty());
  QuantizedNetwork result = Quantizer(network, ranges, options, spent).run(samples, progress);
  validate(result);
  return result;
}

}  // namespace

Network prepare(Network network, Calibration& ranges, const QuantizationOptions& options) {
  Network prepared = lower_network(std::move(network), options.tables);
  for (const Node& node : prepared.nodes) check_finite(node);
  if (options.equalize_channels) return equalize_channels(std::move(prepared), ranges);
  return prepared;
}

QuantizedNetwork quantize_prepared(const Network& network, const Calibration& ranges,
                                   const QuantizationOptions& options,
                                   const std::vector<std::vector<float>>& samples,
                                   const QuantizationProgress& progress) {
  return quantize_prepared(network, nullptr, ranges, options, samples, progress);
}

QuantizedNetwork quantize(Network network, const Calibration& calibration, const QuantizationOptions& options,
                          const std::vector<std::vector<float>>& samples,
                          const QuantizationProgress& progress) {
  Calibration ranges = calibration;
  Network prepared = prepare(std::move(network), ranges, options);
  return quantize_prepared(prepared, &prepared, ranges, options, samples, progress);
}

}  // namespace bitbalance::method
