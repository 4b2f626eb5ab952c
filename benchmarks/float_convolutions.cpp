#include "benchmarks/float_convolutions.h"

#include <algorithm>
#include <chrono>
#include <dnnl.hpp>
#include <unordered_map>
#include <vector>

namespace bitbalance::test {

using Arguments = std::unordered_map<int, dnnl::memory>;

struct FloatConvolutions::Layers {
  struct Layer {
    dnnl::convolution_forward convolution;
    Arguments arguments;
  };

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<Layer> layers;

  /// Small positive values: neither denormal numbers nor infinities come of them.
  dnnl::memory filled(const dnnl::memory::desc& format) {
    dnnl::memory memory(format, engine);
    auto* const values = static_cast<float*>(memory.get_data_handle());
    std::fill_n(values, format.get_size() / sizeof(float), 0.01F);
    return memory;
  }

  void add(const QuantizedNetwork& network, const QuantizedLayer& layer) {
    using Format = dnnl::memory::format_tag;
    const Shape& in = network.tensors[layer.input].shape;
    const Shape& out = network.tensors[layer.output].shape;
    const Window& w = layer.window;
    const auto any = [](const dnnl::memory::dims& shape) {
      return dnnl::memory::desc(shape, dnnl::memory::data_type::f32, Format::any);
    };
    dnnl::memory::dims filters{out.channels, in.channels / layer.groups, w.kernel_h, w.kernel_w};
    if (layer.groups > 1)
      filters = {layer.groups, out.channels / layer.groups, filters[1], w.kernel_h, w.kernel_w};
    using Convolution = dnnl::convolution_forward;
    const auto describe = [&](const auto&... settings) {
#if DNNL_VERSION_MAJOR >= 3
      return Convolution::primitive_desc(engine, settings...);
#else
      return Convolution::primitive_desc(Convolution::desc(settings...), engine);
#endif
    };
    using Dims = dnnl::memory::dims;
    const Convolution::primitive_desc description =
        describe(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto,
                 any({1, in.channels, in.height, in.width}), any(filters), any({out.channels}),
                 any({1, out.channels, out.height, out.width}), Dims{w.stride_h, w.stride_w},
                 Dims{w.dilation_h - 1, w.dilation_w - 1}, Dims{w.pad_top, w.pad_left},
                 Dims{w.pad_bottom, w.pad_right});
    layers.push_back({Convolution(description),
                      {{DNNL_ARG_SRC, filled(description.src_desc())},
                       {DNNL_ARG_WEIGHTS, filled(description.weights_desc())},
                       {DNNL_ARG_BIAS, filled(description.bias_desc())},
                       {DNNL_ARG_DST, filled(description.dst_desc())}}});
  }
};

FloatConvolutions::FloatConvolutions(const QuantizedNetwork& network) : layers_(std::make_unique<Layers>()) {
  for (const QuantizedLayer& layer : network.layers)
    if (layer.op == LayerOp::kConv) layers_->add(network, layer);
}

FloatConvolutions::~FloatConvolutions() = default;

double FloatConvolutions::run() {
  const auto start = std::chrono::steady_clock::now();
  for (const Layers::Layer& layer : layers_->layers)
    layer.convolution.execute(layers_->stream, layer.arguments);
  layers_->stream.wait();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace bitbalance::test
