#include "quant/ir/network_zoo.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <functional>
#include <map>
#include <stdexcept>

#include "base/process/pages.h"
#include "quant/host/graph_builders.h"

namespace bitbalance::ir {
namespace {

struct ConvolutionShape {
  int kernel = 1;
  int stride = 1;
  int pad = 0;
  int groups = 1;
  double gain = 1;  ///< on the spread of the weights
};

/// Adds nodes behind each other; every function returns the tensor it writes.
class ZooBuilder {
 public:
  ZooBuilder(const std::string& name, const Shape& input, const ZooOptions& options)
      : options_(options), draws_(options.seed, options.distribution, options.threads) {
    network_.name = name;
    network_.tensors.push_back({"image", input});
  }

  bool fully_connected() const { return options_.fully_connected; }

  int conv(const std::string& name, int input, int channels, const ConvolutionShape& shape) {
    Window window;
    window.kernel_h = window.kernel_w = shape.kernel;
    window.stride_h = window.stride_w = shape.stride;
    window.pad_top = window.pad_left = window.pad_bottom = window.pad_right = shape.pad;
    return product(name, input, channels, window, shape.groups, shape.gain);
  }
  int fc(const std::string& name, int input, int features) {
    Window window;
    window.kernel_h = network_.shape(input).height;
    window.kernel_w = network_.shape(input).width;
    return product(name, input, features, window, 1, 1);
  }
  int relu(int input) {
    Node& node = append(network_.tensors[input].name + "/relu", Op::kClip, input, network_.shape(input));
    node.low = 0;
    return node.output;
  }
  int conv_relu(const std::string& name, int input, int channels, const ConvolutionShape& shape) {
    return relu(conv(name, input, channels, shape));
  }

  /// `overhang`: rows and columns behind the last that windows may reach into, as rounding up makes them.
  int max_pool(const std::string& name, int input, int kernel, int stride, int pad, int overhang) {
    Window window;
    window.kernel_h = window.kernel_w = kernel;
    window.stride_h = window.stride_w = stride;
    window.pad_top = window.pad_left = pad;
    window.pad_bottom = window.pad_right = pad + overhang;
    const Shape in = network_.shape(input);
    Node& node = append(name, Op::kMaxPool, input, window.output_shape(in, in.channels));
    node.window = window;
    return node.output;
  }
  int global_average(const std::string& name, int input) {
    const Shape in = network_.shape(input);
    Node& node = append(name, Op::kAvgPool, input, {in.channels, 1, 1});
    node.window.kernel_h = in.height;
    node.window.kernel_w = in.width;
    return node.output;
  }
  int add(const std::string& name, int input, int operand) {
    Node& node = append(name, Op::kAdd, input, network_.shape(input));
    node.operand = operand;
    return node.output;
  }
  int concat(const std::string& name, const std::vector<int>& parts) {
    Shape shape = network_.shape(parts.front());
    shape.channels = 0;
    for (const int part : parts) shape.channels += network_.shape(part).channels;
    Node& node = append(name, Op::kConcat, parts.front(), shape);
    node.others.assign(parts.begin() + 1, parts.end());
    return node.output;
  }
  int lrn(const std::string& name, int input, float k) {
    Lrn lrn;
    lrn.k = k;
    Node& node = append(name, Op::kHost, input, network_.shape(input));
    node.host = lrn_graph(network_.shape(input), lrn);
    return node.output;
  }
  int softmax(int input) {
    Node& node = append("softmax", Op::kHost, input, network_.shape(input));
    node.host = softmax_graph(network_.shape(input));
    return node.output;
  }

  Network finish(int output) {
    network_.output = output;
    return std::move(network_);
  }

 private:
  Node& append(const std::string& name, Op op, int input, const Shape& output) {
    Node node;
    node.name = name;
    node.op = op;
    node.input = input;
    node.output = static_cast<int>(network_.tensors.size());
    network_.tensors.push_back({name, output});
    return network_.nodes.emplace_back(std::move(node));
  }

  int product(const std::string& name, int input, int channels, const Window& window, int groups,
              double gain) {
    const Shape in = network_.shape(input);
    Node& node = append(name, Op::kConv, input, window.output_shape(in, channels));
    node.window = window;
    node.groups = groups;
    const std::int64_t filter = in.channels / groups * window.area();
    const double deviation = gain * options_.weight_scale * std::sqrt(2.0 / static_cast<double>(filter));
    const auto weights = static_cast<std::size_t>(filter * channels);
    node.weights.reserve(weights);
    Pages(node.weights.data(), weights * sizeof(float)).fetch(options_.threads);
    node.weights.resize(weights);
    draws_.draw(deviation, node.weights.size(), node.weights.data());
    constexpr double kBiasDeviation = 0.01;
    node.bias.resize(static_cast<std::size_t>(channels));
    draws_.draw(kBiasDeviation, node.bias.size(), node.bias.data());
    return node.output;
  }

  ZooOptions options_;
  WeightDraws draws_;
  Network network_;
};

/// Fully connected layers with ReLU between them and Softmax at the end.
int classify(ZooBuilder& net, int t, const std::vector<std::pair<std::string, int>>& layers) {
  if (!net.fully_connected()) return t;
  for (const auto& [name, features] : layers) {
    t = net.fc(name, t, features);
    if (name != layers.back().first) t = net.relu(t);
  }
  return net.softmax(t);
}

// Krizhevsky, Sutskever, Hinton: ImageNet Classification with Deep Convolutional Neural Networks, NIPS 2012.
Network alexnet(const ZooOptions& options) {
  ZooBuilder net("alexnet", {3, 227, 227}, options);
  constexpr float kLrnBase = 2;
  int t = net.conv_relu("conv1", 0, 96, {11, 4, 0});
  t = net.max_pool("pool1", net.lrn("norm1", t, kLrnBase), 3, 2, 0, 0);
  t = net.conv_relu("conv2", t, 256, {5, 1, 2, 2});
  t = net.max_pool("pool2", net.lrn("norm2", t, kLrnBase), 3, 2, 0, 0);
  t = net.conv_relu("conv3", t, 384, {3, 1, 1});
  t = net.conv_relu("conv4", t, 384, {3, 1, 1, 2});
  t = net.conv_relu("conv5", t, 256, {3, 1, 1, 2});
  t = net.max_pool("pool5", t, 3, 2, 0, 0);
  return net.finish(classify(net, t, {{"fc6", 4096}, {"fc7", 4096}, {"fc8", 1000}}));
}

// Simonyan, Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015, table
// 1, D.
Network vgg16(const ZooOptions& options) {
  ZooBuilder net("vgg16", {3, 224, 224}, options);
  struct Stage {
    int convolutions;
    int channels;
  };
  int t = 0;
  int number = 1;
  for (const Stage& stage : {Stage{2, 64}, {2, 128}, {3, 256}, {3, 512}, {3, 512}}) {
    for (int i = 1; i <= stage.convolutions; ++i)
      t = net.conv_relu(fmt::format("conv{}_{}", number, i), t, stage.channels, {3, 1, 1});
    t = net.max_pool(fmt::format("pool{}", number), t, 2, 2, 0, 0);
    ++number;
  }
  return net.finish(classify(net, t, {{"fc6", 4096}, {"fc7", 4096}, {"fc8", 1000}}));
}

// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016, table 1; names of the
// authors' release. Batch normalization is folded: the weights stand for convolution and normalization
// together.
Network resnet50(const ZooOptions& options) {
  ZooBuilder net("resnet50", {3, 224, 224}, options);
  int t = net.max_pool("pool1", net.conv_relu("conv1", 0, 64, {7, 2, 3}), 3, 2, 0, 1);
  struct Stage {
    int blocks;
    int channels;
    int stride;
  };
  constexpr double kBranchGain = 0.35;  // keeps 16 additions from growing the activations
  int number = 2;
  for (const Stage& stage : {Stage{3, 64, 1}, {4, 128, 2}, {6, 256, 2}, {3, 512, 2}}) {
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string name = fmt::format("res{}{}", number, static_cast<char>('a' + block));
      const int stride = block == 0 ? stage.stride : 1;
      const int shortcut = block == 0 ? net.conv(name + "_branch1", t, 4 * stage.channels, {1, stride}) : t;
      int branch = net.conv_relu(name + "_branch2a", t, stage.channels, {1, stride});
      branch = net.conv_relu(name + "_branch2b", branch, stage.channels, {3, 1, 1});
      branch = net.conv(name + "_branch2c", branch, 4 * stage.channels, {1, 1, 0, 1, kBranchGain});
      t = net.relu(net.add(name, branch, shortcut));
    }
    ++number;
  }
  t = net.global_average("pool5", t);
  return net.finish(classify(net, t, {{"fc1000", 1000}}));
}

/// Output channels of an inception module's six convolutions, in the order of the paper's table 1.
struct Inception {
  const char* name;
  int conv1, reduce3, conv3, reduce5, conv5, pool;
};

int inception(ZooBuilder& net, int t, const Inception& m) {
  const std::string name = std::string("inception_") + m.name;
  const int a = net.conv_relu(name + "/1x1", t, m.conv1, {});
  const int reduced3 = net.conv_relu(name + "/3x3_reduce", t, m.reduce3, {});
  const int b = net.conv_relu(name + "/3x3", reduced3, m.conv3, {3, 1, 1});
  const int reduced5 = net.conv_relu(name + "/5x5_reduce", t, m.reduce5, {});
  const int c = net.conv_relu(name + "/5x5", reduced5, m.conv5, {5, 1, 2});
  const int pooled = net.max_pool(name + "/pool", t, 3, 1, 1, 0);
  const int d = net.conv_relu(name + "/pool_proj", pooled, m.pool, {});
  return net.concat(name + "/output", {a, b, c, d});
}

// Szegedy et al.: Going Deeper with Convolutions, CVPR 2015, table 1.
Network googlenet(const ZooOptions& options) {
  ZooBuilder net("googlenet", {3, 224, 224}, options);
  int t = net.max_pool("pool1", net.conv_relu("conv1", 0, 64, {7, 2, 3}), 3, 2, 0, 1);
  t = net.lrn("norm1", t, 1);
  t = net.conv_relu("conv2_reduce", t, 64, {});
  t = net.conv_relu("conv2", t, 192, {3, 1, 1});
  t = net.max_pool("pool2", net.lrn("norm2", t, 1), 3, 2, 0, 1);
  t = inception(net, t, {"3a", 64, 96, 128, 16, 32, 32});
  t = inception(net, t, {"3b", 128, 128, 192, 32, 96, 64});
  t = net.max_pool("pool3", t, 3, 2, 0, 1);
  t = inception(net, t, {"4a", 192, 96, 208, 16, 48, 64});
  t = inception(net, t, {"4b", 160, 112, 224, 24, 64, 64});
  t = inception(net, t, {"4c", 128, 128, 256, 24, 64, 64});
  t = inception(net, t, {"4d", 112, 144, 288, 32, 64, 64});
  t = inception(net, t, {"4e", 256, 160, 320, 32, 128, 128});
  t = net.max_pool("pool4", t, 3, 2, 0, 1);
  t = inception(net, t, {"5a", 256, 160, 320, 32, 128, 128});
  t = inception(net, t, {"5b", 384, 192, 384, 48, 128, 128});
  t = net.global_average("pool5", t);
  return net.finish(classify(net, t, {{"classifier", 1000}}));
}

using Maker = std::function<Network(const ZooOptions&)>;
const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> table = {
      {"alexnet", alexnet}, {"googlenet", googlenet}, {"resnet50", resnet50}, {"vgg16", vgg16}};
  return table;
}

}  // namespace

const std::vector<std::string>& zoo_names() {
  static const std::vector<std::string> names = {"alexnet", "vgg16", "resnet50", "googlenet"};
  return names;
}

Network zoo_network(const std::string& name, const ZooOptions& options) {
  const auto maker = makers().find(name);
  if (maker == makers().end()) {
    throw std::invalid_argument(
        fmt::format("network '{}'; accepted: {}", name, fmt::join(zoo_names(), ", ")));
  }
  return maker->second(options);
}

std::vector<float> synthetic_image(const Shape& shape, std::int64_t seed) {
  Random random(seed);
  std::vector<float> image(static_cast<std::size_t>(shape.elements()));
  for (float& value : image) value = static_cast<float>(random.bits() >> 56) / 255.0F;
  return image;
}

}  // namespace bitbalance::ir
