#include "quant/method/quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <stdexcept>

#include "base/text/config_error.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/representable.h"
#include "quant/ir/rescale.h"
#include "quant/method/layers/activation_formats.h"
#include "quant/method/layers/equalization.h"
#include "quant/method/layers/fusion.h"
#include "quant/method/layers/host_placement.h"
#include "quant/method/layers/lookup_table.h"
#include "quant/method/sample_sweep.h"
#include "quant/method/weights/convolution_quantizer.h"
#include "quant/method/weights/layer_statistics.h"

namespace bitbalance::method {
namespace {

std::vector<std::string> names_of_convolutions(const std::vector<FusedLayer>& layers) {
  std::vector<std::string> names;
  for (const FusedLayer& layer : layers)
    if (layer.op == LayerOp::kConv) names.push_back(layer.node->name);
  return names;
}

class Quantizer {
 public:
  /// `spent`: null, or `network` itself, whose weights go when their integers are there.
  Quantizer(const Network& network, const Calibration& calibration, const QuantizationOptions& options,
            Network* spent = nullptr)
      : network_(network),
        options_(options),
        spent_(spent),
        layers_(fuse(network)),
        convolutions_(options, names_of_convolutions(layers_)),
        formats_(network, calibration, layers_, options.activation_bits),
        index_(network.tensors.size(), -1) {
    for (const FusedLayer& layer : layers_)
      if (layer.concat >= 0 && layer.lookup != nullptr) parts_with_tables_[layer.concat].push_back(&layer);
  }

  QuantizedNetwork run(const std::vector<std::vector<float>>& samples, const QuantizationProgress& progress) {
    result_.name = network_.name;
    add_input();
    if (options_.uses_samples()) {
      sweep_ =
          std::make_unique<SampleSweep>(network_, layers_, samples, options_.sequential, options_.threads);
      sweep_->quantize_inputs(result_.tensors[result_.input], result_.input);
    }
    for (const FusedLayer& layer : layers_) {
      if (progress)
        progress(static_cast<double>(result_.layers.size()) / static_cast<double>(layers_.size()));
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
  // A tensor that calibration saw as zero everywhere keeps the scale of what it is made from: others that
  // join it are of that size.
  double calibrated_scale(const FusedLayer& fused, int tensor, const QuantizedTensor& quantized) const {
    const double scale = formats_.scale(tensor, quantized);
    return scale > 0 ? scale : result_.tensors[index_[fused.input]].scale;
  }

  QuantizedTensor& new_tensor(int tensor) {
    index_[tensor] = static_cast<int>(result_.tensors.size());
    return result_.tensors.emplace_back(formats_.format(tensor));
  }

  void add_input() {
    QuantizedTensor& input = new_tensor(network_.input);
    formats_.settle_input(input, options_.input_scale);
    result_.input = index_[network_.input];
    result_.input_type = network_.input_type;
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
    formats_.widen(output, fused.output, type);
    if (fused.op == LayerOp::kMaxPool) {
      output.scale = result_.tensors[index_[fused.input]].scale;
    } else if (fused.op == LayerOp::kHost && fused.node->host.steps.back().type == "Softmax") {
      output.scale = std::max(1.0 / range_of(output).high, formats_.least_scale(fused.output));
    } else if (formats_.keeps_integers(output, fused.output, type)) {
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

    if (fused.op == LayerOp::kConv) add_weights(fused, sum.scale, layer);
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
    const ValueRange &operands = formats_.calibrated(fused.lookup->input),
                     &results = formats_.calibrated(fused.output);
    if (operands.min == 0 && operands.max == 0) return 0;  // code 0 alone, at which a line ends
    const double largest = std::max(std::abs(results.min), std::abs(results.max));
    return largest_end(fused.lookup->host, code_of(fused), operands, largest) / range_of(result).high;
  }

  /// `sum_scale`: of requantized sums.
  void add_weights(const FusedLayer& fused, double sum_scale, QuantizedLayer& layer) {
    const QuantizedTensor& input = result_.tensors[layer.input];
    std::vector<InputMoments> moments;
    if (sweep_) {
      const bool squares = options_.method == WeightMethod::kCompensated;
      moments = sweep_->moments(fused, input, layer.input, squares);
    }
    const bool is_spent = spent_ != nullptr && !sweep_;
    float* const spent =
        is_spent ? spent_->nodes[fused.node - network_.nodes.data()].weights.data() : nullptr;
    convolutions_.quantize(*fused.node, input.scale, sum_scale, moments, spent, layer);
  }

  const Network& network_;
  const QuantizationOptions& options_;
  Network* const spent_;
  const std::vector<FusedLayer> layers_;
  ConvolutionQuantizer convolutions_;
  const ActivationFormats formats_;
  std::vector<int> index_;  ///< float tensor -> tensor of the result, -1: none
  std::map<int, std::vector<const FusedLayer*>> parts_with_tables_;  ///< by concatenation
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
