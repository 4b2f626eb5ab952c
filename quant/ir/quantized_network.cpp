#include "quant/ir/quantized_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "base/checked.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/representable.h"
#include "quant/ir/rescale.h"

namespace bitbalance::ir {
namespace {

/// Leaves room for as many images as there can be in 64 bits.
constexpr std::int64_t kMostMacs = std::int64_t{1} << 46;

std::string text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

void check_tensor(const QuantizedNetwork& network, const QuantizedTensor& tensor) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(
        fmt::format("network {}: tensor '{}': {}", network.name, tensor.name, problem));
  };
  const Shape& s = tensor.shape;
  if (std::min({s.channels, s.height, s.width}) < 1 ||
      std::max({s.channels, s.height, s.width}) > kLargestExtent)
    fail(fmt::format("shape is {}; accepted: extents of at least 1, {} at most", text(s), kLargestExtent));
  const std::optional<std::int64_t> elements = checked_product({s.channels, s.height, s.width});
  if (!elements || *elements > kMostElements)
    fail(fmt::format("shape is {}; accepted: {} elements at most", text(s), kMostElements));
  if (tensor.bits != 8 && tensor.bits != 16) fail(fmt::format("bits is {}; accepted: 8, 16", tensor.bits));
  if (tensor.bits == 16 && !tensor.is_signed) fail("16 bit and unsigned; accepted: signed at 16 bit");
  if (!(tensor.scale > 0 && std::isfinite(tensor.scale)))
    fail(fmt::format("scale is {}; accepted: above 0", tensor.scale));
  if (tensor.parent < 0 && (tensor.parent != -1 || tensor.channel_offset != 0)) {
    fail(fmt::format("from channel {} of tensor {}; accepted: 0 of -1, or a slice of a tensor",
                     tensor.channel_offset, tensor.parent));
  }
}

/// Of a tensor that is a slice of another.
void check_slice(const QuantizedNetwork& network, const QuantizedTensor& tensor) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(
        fmt::format("network {}: tensor '{}': {}", network.name, tensor.name, problem));
  };
  if (tensor.parent >= static_cast<int>(network.tensors.size()) || network.tensors[tensor.parent].parent >= 0)
    fail(fmt::format("slice of tensor {}; accepted: an index, of no slice", tensor.parent));
  const QuantizedTensor& whole = network.tensors[tensor.parent];
  if (tensor.channel_offset < 0 || tensor.channel_offset > whole.shape.channels - tensor.shape.channels ||
      tensor.shape.height != whole.shape.height || tensor.shape.width != whole.shape.width) {
    fail(fmt::format("{} from channel {} is no slice of {}", text(tensor.shape), tensor.channel_offset,
                     text(whole.shape)));
  }
  if (tensor.bits != whole.bits || tensor.is_signed != whole.is_signed || tensor.scale != whole.scale)
    fail(fmt::format("format differs from that of '{}', whose slice it is", whole.name));
}

/// Which channels of which tensors hold results; a slice's are its parent's.
class WrittenChannels {
 public:
  explicit WrittenChannels(const QuantizedNetwork& network)
      : network_(network), written_(network.tensors.size()) {}

  /// Precondition: any() is false.
  void write(int tensor) { written_[whole(tensor)].push_back(channels(tensor)); }
  bool all(int tensor) const { return count(tensor) == network_.tensors[tensor].shape.channels; }
  bool any(int tensor) const { return count(tensor) != 0; }

 private:
  struct Channels {
    int first, end;
  };

  int whole(int tensor) const {
    const int parent = network_.tensors[tensor].parent;
    return parent < 0 ? tensor : parent;
  }
  Channels channels(int tensor) const {
    const QuantizedTensor& t = network_.tensors[tensor];
    return {t.channel_offset, t.channel_offset + t.shape.channels};
  }
  int count(int tensor) const {
    const Channels asked = channels(tensor);
    int sum = 0;
    for (const Channels& c : written_[whole(tensor)])
      sum += std::max(0, std::min(asked.end, c.end) - std::max(asked.first, c.first));
    return sum;
  }

  const QuantizedNetwork& network_;
  std::vector<std::vector<Channels>> written_;  ///< apart from each other, by whole tensor
};

class LayerCheck {
 public:
  LayerCheck(const QuantizedNetwork& network, const QuantizedLayer& layer, WrittenChannels& written)
      : network_(network), layer_(layer), written_(written) {}

  void run() const {
    check_tensors();
    check_window();
    check_host();
    if (layer_.op == LayerOp::kConv) check_weights();
    check_rescale();
    check_clip();
    check_table();
  }

 private:
  [[noreturn]] void fail(const std::string& field, const std::string& problem) const {
    throw std::invalid_argument(
        fmt::format("network {}: layer '{}': {}: {}", network_.name, layer_.name, field, problem));
  }

  const QuantizedTensor& input() const { return network_.tensors[layer_.input]; }
  const QuantizedTensor& output() const { return network_.tensors[layer_.output]; }

  bool is_tensor(int index) const { return index >= 0 && index < static_cast<int>(network_.tensors.size()); }

  void check_source(const char* field, int index) const {
    if (!is_tensor(index))
      fail(field, fmt::format("tensor {}; accepted: 0 to {}", index, network_.tensors.size() - 1));
    if (!written_.all(index))
      fail(field, fmt::format("'{}' is read before it is written", network_.tensors[index].name));
  }

  void check_tensors() const {
    check_source("input", layer_.input);
    if (!is_tensor(layer_.output))
      fail("output", fmt::format("tensor {}; accepted: 0 to {}", layer_.output, network_.tensors.size() - 1));
    if (written_.any(layer_.output)) fail("output", fmt::format("'{}' is written twice", output().name));
    if (layer_.op == LayerOp::kAdd || (layer_.op == LayerOp::kConv && layer_.operand != -1)) {
      check_source("operand", layer_.operand);
      const Shape& shape = network_.tensors[layer_.operand].shape;
      if (shape != output().shape)
        fail("operand", fmt::format("shape {} is not the output's {}", text(shape), text(output().shape)));
    } else if (layer_.operand != -1) {
      fail("operand", "only convolution and addition have one; accepted: -1");
    }
  }

  void check_host() const {
    if (layer_.op != LayerOp::kHost) return;
    const std::vector<int> tensors = host_sources(layer_);
    if (layer_.host.steps.empty() || layer_.host.inputs.size() != tensors.size()) {
      fail("host", fmt::format("{} operators of {} tensors for {} inputs; accepted: at least one operator",
                               layer_.host.steps.size(), layer_.host.inputs.size(), tensors.size()));
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      check_source("others", tensors[i]);
      check_size(layer_.host.inputs[i], network_.tensors[tensors[i]]);
    }
    check_size(layer_.host.steps.back().result, output());
  }

  void check_size(const Dims& dims, const QuantizedTensor& tensor) const {
    if (element_count(dims) == tensor.shape.elements()) return;
    fail("host",
         fmt::format("{} for tensor '{}' of {}", host::to_string(dims), tensor.name, text(tensor.shape)));
  }

  void check_window() const {
    const Window& w = layer_.window;
    const bool is_pool = layer_.op == LayerOp::kMaxPool || layer_.op == LayerOp::kAvgPool;
    if (std::min({w.kernel_h, w.kernel_w, w.stride_h, w.stride_w, w.dilation_h, w.dilation_w}) < 1)
      fail("window", "kernel, stride and dilation must be at least 1");
    if (std::min({w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) < 0)
      fail("window", "pads must not be negative");
    const auto spans_too_far = [](int kernel, int dilation) {
      return std::int64_t{dilation} * (std::int64_t{kernel} - 1) >= kLargestExtent;
    };
    if (std::max({w.stride_h, w.stride_w, w.pad_top, w.pad_left, w.pad_bottom, w.pad_right}) >
            kLargestExtent ||
        spans_too_far(w.kernel_h, w.dilation_h) || spans_too_far(w.kernel_w, w.dilation_w)) {
      fail("window", fmt::format("exceeds the largest extent; accepted: up to {}", kLargestExtent));
    }
    if (is_pool && (w.dilation_h != 1 || w.dilation_w != 1))
      fail("window", "dilated pooling; accepted: dilation 1");

    const Shape& in = input().shape;
    const Shape& out = output().shape;
    const int channels = layer_.op == LayerOp::kConv ? out.channels : in.channels;
    const bool is_elementwise = layer_.op == LayerOp::kAdd || layer_.op == LayerOp::kLookup;
    const Shape expected = on_host(layer_.op) ? out : is_elementwise ? in : w.output_shape(in, channels);
    if (out != expected) {
      fail("output", fmt::format("shape {}; input and window give {}", text(out), text(expected)));
    }
    const bool first_outside = w.pad_top >= w.kernel_h || w.pad_left >= w.kernel_w;
    const bool last_outside = (out.height - 1) * w.stride_h - w.pad_top >= in.height ||
                              (out.width - 1) * w.stride_w - w.pad_left >= in.width;
    if (is_pool && (first_outside || last_outside))
      fail("window", "a pooling window lies in the padding altogether");
  }

  void check_weights() const {
    const int in_channels = input().shape.channels;
    const int out_channels = output().shape.channels;
    if (layer_.groups < 1 || in_channels % layer_.groups != 0 || out_channels % layer_.groups != 0) {
      fail("groups", fmt::format("{}; accepted: a divisor of {} input and {} output channels", layer_.groups,
                                 in_channels, out_channels));
    }
    if (layer_.weight_bits < 2 || layer_.weight_bits > 16)
      fail("weight_bits", fmt::format("{}; accepted: 2 to 16", layer_.weight_bits));
    if (layer_.nnzb < 1 || layer_.nnzb > layer_.weight_bits - 1)
      fail("nnzb", fmt::format("{}; accepted: 1 to {}", layer_.nnzb, layer_.weight_bits - 1));
    const std::optional<std::int64_t> count =
        checked_product({out_channels, in_channels / layer_.groups, layer_.window.area()});
    if (!count) fail("weights", "the shapes ask for more than 2^63");
    if (static_cast<std::int64_t>(layer_.weights.size()) != *count)
      fail("weights", fmt::format("{} values; the shapes ask for {}", layer_.weights.size(), *count));
    const int largest = (1 << (layer_.weight_bits - 1)) - 1;
    const bool obey = are_representable(layer_.weights.data(), layer_.weights.size(), largest, layer_.nnzb,
                                        layer_.token_form);
    for (std::size_t i = 0; !obey && i < layer_.weights.size(); ++i) {
      const int weight = layer_.weights[i];
      if (std::abs(weight) > largest)
        fail("weights", fmt::format("element {} is {}; accepted: -{} to {}", i, weight, largest, largest));
      const int tokens = token_count(weight, layer_.token_form);
      if (tokens > layer_.nnzb) {
        fail("weights",
             fmt::format("element {} is {} with {} tokens; accepted: {}", i, weight, tokens, layer_.nnzb));
      }
    }
    if (layer_.bias.size() != static_cast<std::size_t>(out_channels))
      fail("bias", fmt::format("{} values for {} output channels", layer_.bias.size(), out_channels));
    const std::size_t scales = layer_.weight_scale.size();
    if (scales != 0 && scales != static_cast<std::size_t>(out_channels))
      fail("weight_scale", fmt::format("{} values for {} output channels", scales, out_channels));
    constexpr std::int64_t kLargestBias = std::int64_t{1} << 47;  // the accumulator has at most 48 bits
    for (const std::int64_t bias : layer_.bias) {
      if (bias >= kLargestBias || bias <= -kLargestBias)
        fail("bias", fmt::format("{} exceeds 48 bits", bias));
    }
  }

  void check_rescale() const {
    std::int64_t expected = 0;
    if (layer_.op == LayerOp::kConv) expected = output().shape.channels;
    if (layer_.op == LayerOp::kAvgPool) expected = layer_.window.area();
    if (layer_.op == LayerOp::kAdd) expected = 1;
    if (static_cast<std::int64_t>(layer_.rescale.size()) != expected)
      fail("rescale", fmt::format("{} entries; accepted: {}", layer_.rescale.size(), expected));
    const auto shifts_too_far = [](const Rescale& r) { return r.shift > kLargestRescaleShift; };
    if (shifts_too_far(layer_.operand_rescale) ||
        std::any_of(layer_.rescale.begin(), layer_.rescale.end(), shifts_too_far))
      fail("rescale", fmt::format("shift above {}", kLargestRescaleShift));
    if (layer_.op == LayerOp::kMaxPool && input().scale != output().scale)
      fail("output", "scale differs from the input's, which max pooling keeps");
  }

  /// Of a table's code at 8 bit, the sign is the layer's own.
  void check_clip() const {
    const bool is_signed =
        layer_.table.empty() ? output().is_signed : output().bits == 16 || layer_.clip_low < 0;
    const int low = is_signed ? -(1 << (output().bits - 1)) : 0;
    const int high = (1 << (output().bits - (is_signed ? 1 : 0))) - 1;
    if (layer_.clip_low < low || layer_.clip_high > high || layer_.clip_low > layer_.clip_high) {
      fail("clip",
           fmt::format("{} to {}; accepted: within {} to {}", layer_.clip_low, layer_.clip_high, low, high));
    }
  }

  void check_table() const {
    const bool may_have = layer_.op == LayerOp::kConv || layer_.op == LayerOp::kLookup;
    const std::size_t entries = layer_.table.size();
    if ((entries == 0 && layer_.op == LayerOp::kLookup) || (entries != 0 && !may_have)) {
      fail("table",
           fmt::format("{} entries; accepted: a table of every look-up, and of convolutions", entries));
    }
    if (entries == 0) return;
    if (entries != static_cast<std::size_t>(table_entries(output().bits)))
      fail("table", fmt::format("{} entries; accepted: {}", entries, table_entries(output().bits)));
    if (layer_.op == LayerOp::kLookup && input().bits != output().bits)
      fail("table", fmt::format("from {} to {} bits; accepted: the same", input().bits, output().bits));
    const IntegerRange range = range_of(output());
    for (const std::int16_t entry : layer_.table) {
      if (entry < range.low || entry > range.high)
        fail("table", fmt::format("entry {}; accepted: {} to {}", entry, range.low, range.high));
    }
  }

  const QuantizedNetwork& network_;
  const QuantizedLayer& layer_;
  WrittenChannels& written_;
};

}  // namespace

std::vector<int> host_sources(const QuantizedLayer& layer) {
  std::vector<int> read = {layer.input};
  read.insert(read.end(), layer.others.begin(), layer.others.end());
  return read;
}

std::int64_t macs(const QuantizedNetwork& network, const QuantizedLayer& layer) {
  if (layer.op == LayerOp::kHost) return layer.host.macs();
  if (layer.op != LayerOp::kConv) return 0;
  const int group_inputs = network.tensors[layer.input].shape.channels / layer.groups;
  return network.tensors[layer.output].shape.elements() * layer.window.area() * group_inputs;
}

namespace {

void check_output(const QuantizedNetwork& network, const Output& output, const WrittenChannels& written) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(
        fmt::format("network {}: output '{}': {}", network.name, output.name, problem));
  };
  const int tensors = static_cast<int>(network.tensors.size());
  if (output.tensor < 0 || output.tensor >= tensors)
    fail(fmt::format("tensor is {}; accepted: 0 to {}", output.tensor, tensors - 1));
  const QuantizedTensor& tensor = network.tensors[output.tensor];
  if (!written.all(output.tensor)) fail(fmt::format("tensor '{}' is written by no layer", tensor.name));
  if (checked_count(output.dims) != tensor.shape.elements()) {
    fail(fmt::format("extents are {}; accepted: {} elements", host::to_string(output.dims),
                     tensor.shape.elements()));
  }
}

}  // namespace

void validate(const QuantizedNetwork& network) {
  const auto fail = [&](const std::string& problem) {
    throw std::invalid_argument(fmt::format("network {}: {}", network.name, problem));
  };
  const int tensors = static_cast<int>(network.tensors.size());
  if (network.layers.empty()) fail("no layers; accepted: at least one");
  if (network.input < 0 || network.input >= tensors || network.output < 0 || network.output >= tensors) {
    fail(
        fmt::format("input {} and output {}; accepted: 0 to {}", network.input, network.output, tensors - 1));
  }
  for (const QuantizedTensor& tensor : network.tensors) {
    check_tensor(network, tensor);
    if (tensor.parent >= 0) check_slice(network, tensor);
  }

  WrittenChannels written(network);
  written.write(network.input);
  for (const QuantizedLayer& layer : network.layers) {
    LayerCheck(network, layer, written).run();
    written.write(layer.output);
  }
  if (!written.all(network.output))
    fail(fmt::format("output '{}' is written by no layer", network.tensors[network.output].name));
  for (const Output& output : network.outputs) check_output(network, output, written);
  if (!network.outputs.empty() && network.outputs.front().tensor != network.output)
    fail("the first of its outputs is not the one that is judged");

  std::int64_t total = 0;
  for (const QuantizedLayer& layer : network.layers) {
    total += macs(network, layer);
    if (total > kMostMacs) fail(fmt::format("more than {} multiplications of an image", kMostMacs));
  }
}

}  // namespace bitbalance::ir
