#include "tests/support/random/random_graph.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include "tests/support/random/graph_draw.h"

namespace bitbalance::test {

const std::map<std::string, GraphDraw::Operator>& GraphDraw::operators() {
  static const std::map<std::string, Operator> table = {
      {"Abs", {7, &GraphDraw::smooth}},
      {"Acos", {7, &GraphDraw::of_bounded}},
      {"Acosh", {9, &GraphDraw::of_positive}},
      {"Add", {7, &GraphDraw::binary}},
      {"And", {7, &GraphDraw::condition}},
      {"ArgMax", {7, &GraphDraw::index_of_extreme}},
      {"ArgMin", {7, &GraphDraw::index_of_extreme}},
      {"Asin", {7, &GraphDraw::of_bounded}},
      {"Asinh", {9, &GraphDraw::smooth}},
      {"Atan", {7, &GraphDraw::smooth}},
      {"Atanh", {9, &GraphDraw::of_bounded}},
      {"AveragePool", {7, &GraphDraw::pool}},
      {"BatchNormalization", {9, &GraphDraw::normalization}},
      {"BitShift", {11, &GraphDraw::bits}},
      {"BitwiseAnd", {18, &GraphDraw::bits}},
      {"BitwiseNot", {18, &GraphDraw::bits}},
      {"BitwiseOr", {18, &GraphDraw::bits}},
      {"BitwiseXor", {18, &GraphDraw::bits}},
      {"Cast", {9, &GraphDraw::stepwise}},
      {"CastLike", {15, &GraphDraw::smooth}},
      {"Ceil", {7, &GraphDraw::stepwise}},
      {"Celu", {12, &GraphDraw::smooth}},
      {"CenterCropPad", {18, &GraphDraw::centered}},
      {"Clip", {7, &GraphDraw::clip}},
      {"Col2Im", {18, &GraphDraw::from_columns}},
      {"Compress", {9, &GraphDraw::known_places}},
      {"Concat", {7, &GraphDraw::concat}},
      {"Constant", {7, &GraphDraw::binary}},
      {"ConstantOfShape", {9, &GraphDraw::filled}},
      {"Conv", {7, &GraphDraw::conv}},
      {"ConvInteger", {10, &GraphDraw::quantized}},
      {"ConvTranspose", {7, &GraphDraw::conv_transpose}},
      {"Cos", {7, &GraphDraw::smooth}},
      {"Cosh", {9, &GraphDraw::of_bounded}},
      {"CumSum", {11, &GraphDraw::running_sum}},
      {"DepthToSpace", {7, &GraphDraw::blocks}},
      {"DequantizeLinear", {10, &GraphDraw::quantized}},
      {"Det", {11, &GraphDraw::determinant}},
      {"Div", {7, &GraphDraw::binary}},
      {"Dropout", {7, &GraphDraw::smooth}},
      {"DynamicQuantizeLinear", {11, &GraphDraw::quantized}},
      {"Einsum", {12, &GraphDraw::einsum}},
      {"Elu", {7, &GraphDraw::smooth}},
      {"Equal", {11, &GraphDraw::choice}},
      {"Erf", {9, &GraphDraw::smooth}},
      {"Exp", {7, &GraphDraw::of_bounded}},
      {"Expand", {8, &GraphDraw::repeat}},
      {"EyeLike", {9, &GraphDraw::known_places}},
      {"Flatten", {7, &GraphDraw::reshape}},
      {"Floor", {7, &GraphDraw::stepwise}},
      {"GRU", {7, &GraphDraw::recurrent}},
      {"Gather", {7, &GraphDraw::gather}},
      {"GatherElements", {11, &GraphDraw::gather_elements}},
      {"GatherND", {11, &GraphDraw::gather_nd}},
      {"Gelu", {20, &GraphDraw::smooth}},
      {"Gemm", {7, &GraphDraw::product}},
      {"GlobalAveragePool", {7, &GraphDraw::global_pool}},
      {"GlobalLpPool", {7, &GraphDraw::norm}},
      {"GlobalMaxPool", {7, &GraphDraw::global_pool}},
      {"Greater", {7, &GraphDraw::choice}},
      {"GreaterOrEqual", {12, &GraphDraw::choice}},
      {"Attention", {23, &GraphDraw::attention}},
      {"GridSample", {16, &GraphDraw::sampled}},
      {"GroupNormalization", {21, &GraphDraw::normalization}},
      {"HardSigmoid", {7, &GraphDraw::smooth}},
      {"HardSwish", {14, &GraphDraw::smooth}},
      {"Hardmax", {7, &GraphDraw::hard_maximum}},
      {"Identity", {7, &GraphDraw::smooth}},
      {"If", {7, &GraphDraw::branches}},
      {"InstanceNormalization", {7, &GraphDraw::normalization}},
      {"IsInf", {10, &GraphDraw::truth}},
      {"IsNaN", {9, &GraphDraw::truth}},
      {"LRN", {7, &GraphDraw::normalization}},
      {"LSTM", {7, &GraphDraw::recurrent}},
      {"LayerNormalization", {17, &GraphDraw::normalization}},
      {"LeakyRelu", {7, &GraphDraw::smooth}},
      {"Less", {7, &GraphDraw::choice}},
      {"LessOrEqual", {12, &GraphDraw::choice}},
      {"Log", {7, &GraphDraw::of_positive}},
      {"LogSoftmax", {7, &GraphDraw::along_axis}},
      {"Loop", {11, &GraphDraw::loop}},
      {"LpNormalization", {7, &GraphDraw::norm}},
      {"LpPool", {7, &GraphDraw::pool}},
      {"MatMul", {7, &GraphDraw::product}},
      {"MatMulInteger", {10, &GraphDraw::quantized}},
      {"Max", {8, &GraphDraw::binary}},
      {"MaxPool", {7, &GraphDraw::pool}},
      {"MaxRoiPool", {7, &GraphDraw::largest_of_regions}},
      {"Mean", {8, &GraphDraw::binary}},
      {"MeanVarianceNormalization", {9, &GraphDraw::norm}},
      {"Min", {8, &GraphDraw::relu6}},
      {"Mish", {18, &GraphDraw::smooth}},
      {"Mod", {10, &GraphDraw::rest}},
      {"Mul", {7, &GraphDraw::binary}},
      {"Neg", {7, &GraphDraw::smooth}},
      {"NonMaxSuppression", {10, &GraphDraw::chosen_boxes}},
      {"NonZero", {9, &GraphDraw::known_places}},
      {"Not", {7, &GraphDraw::condition}},
      {"OneHot", {9, &GraphDraw::one_hot}},
      {"Or", {7, &GraphDraw::condition}},
      {"PRelu", {7, &GraphDraw::binary}},
      {"Pad", {7, &GraphDraw::pad}},
      {"Pow", {7, &GraphDraw::of_bounded}},
      {"QLinearConv", {10, &GraphDraw::quantized}},
      {"QLinearMatMul", {10, &GraphDraw::quantized}},
      {"QuantizeLinear", {10, &GraphDraw::quantized}},
      {"RNN", {7, &GraphDraw::recurrent}},
      {"RoiAlign", {10, &GraphDraw::regions}},
      {"RotaryEmbedding", {23, &GraphDraw::turned}},
      {"RMSNormalization", {23, &GraphDraw::normalization}},
      {"Range", {11, &GraphDraw::gather}},
      {"Reciprocal", {7, &GraphDraw::of_positive}},
      {"ReduceL1", {7, &GraphDraw::reduction}},
      {"ReduceL2", {7, &GraphDraw::reduction}},
      {"ReduceLogSum", {7, &GraphDraw::reduction}},
      {"ReduceLogSumExp", {7, &GraphDraw::reduction}},
      {"ReduceMax", {7, &GraphDraw::reduction}},
      {"ReduceMean", {7, &GraphDraw::reduction}},
      {"ReduceMin", {7, &GraphDraw::reduction}},
      {"ReduceProd", {7, &GraphDraw::reduction}},
      {"ReduceSum", {7, &GraphDraw::reduction}},
      {"ReduceSumSquare", {7, &GraphDraw::reduction}},
      {"Relu", {7, &GraphDraw::smooth}},
      {"Reshape", {7, &GraphDraw::reshape}},
      {"Resize", {11, &GraphDraw::resize}},
      {"ReverseSequence", {10, &GraphDraw::reversed}},
      {"Round", {11, &GraphDraw::stepwise}},
      {"Scan", {9, &GraphDraw::loop}},
      {"Scatter", {9, &GraphDraw::scatter, 10}},
      {"ScatterElements", {11, &GraphDraw::scatter}},
      {"ScatterND", {11, &GraphDraw::scatter}},
      {"Selu", {7, &GraphDraw::smooth}},
      {"Shape", {7, &GraphDraw::reshape}},
      {"Shrink", {9, &GraphDraw::smooth}},
      {"Sigmoid", {7, &GraphDraw::smooth}},
      {"Sign", {9, &GraphDraw::stepwise}},
      {"Sin", {7, &GraphDraw::smooth}},
      {"Sinh", {9, &GraphDraw::of_bounded}},
      {"Size", {9, &GraphDraw::filled}},
      {"Slice", {7, &GraphDraw::slice}},
      {"Softmax", {7, &GraphDraw::along_axis}},
      {"Softplus", {7, &GraphDraw::smooth}},
      {"Softsign", {7, &GraphDraw::smooth}},
      {"SpaceToDepth", {7, &GraphDraw::blocks}},
      {"Split", {7, &GraphDraw::split}},
      {"Sqrt", {7, &GraphDraw::of_positive}},
      {"Squeeze", {7, &GraphDraw::squeeze}},
      {"Sub", {7, &GraphDraw::binary}},
      {"Sum", {8, &GraphDraw::binary}},
      {"Swish", {24, &GraphDraw::smooth}},
      {"Tan", {7, &GraphDraw::of_bounded}},
      {"Tanh", {7, &GraphDraw::smooth}},
      {"ThresholdedRelu", {10, &GraphDraw::stepwise}},
      {"Tile", {7, &GraphDraw::repeat}},
      {"TopK", {7, &GraphDraw::top_k}},
      {"Transpose", {7, &GraphDraw::transpose}},
      {"Trilu", {14, &GraphDraw::triangle}},
      {"Unsqueeze", {7, &GraphDraw::squeeze}},
      {"Upsample", {9, &GraphDraw::resize, 9}},
      {"Where", {9, &GraphDraw::choice}},
      {"Xor", {7, &GraphDraw::condition}},
  };
  return table;
}

std::set<std::string> random_graph_operators() {
  std::set<std::string> names;
  for (const auto& [name, drawn] : GraphDraw::operators()) names.insert(name);
  return names;
}

namespace {

std::set<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), std::istream_iterator<std::string>()};
}

/// Of operators' names: do all of them leave the values as they are?
bool only_views(const std::string& order) {
  static const std::set<std::string> views =
      words("CastLike Dropout Flatten Identity Reshape Shape Squeeze Unsqueeze");
  const std::set<std::string> names = words(order);
  return std::includes(views.begin(), views.end(), names.begin(), names.end());
}

}  // namespace

GraphDraw::GraphDraw(std::uint64_t seed) : RandomDraw(seed), writer_("random") {
  // A number without factors in common with theirs: seeds side by side begin with operators far apart.
  const auto& table = operators();
  const auto first = std::next(table.begin(), static_cast<std::ptrdiff_t>(seed * 37 % table.size()));
  order_ = first->first;
  const int most = std::min(first->second.until, 27);
  do {
    opset_ = pick({7, 8, 9, 10, 11, 12, 13, 13, 14, 17, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27});
  } while (opset_ < first->second.since || opset_ > most);
  constexpr int kIrOfOld = 8;
  writer_.set_version(opset_, opset_ < 19 ? kIrOfOld : opset_ < 21 ? 9 : opset_ < 25 ? 10 : 13);
}

RandomModel GraphDraw::make() {
  constexpr int kImages = 3;
  RandomModel model;
  const auto extent = [&](int most) { return std::int64_t{uniform(1, most)}; };
  Value value{"input", {1, extent(6)}, true};
  const int rank = pick({2, 3, 4, 4, 4, 4});
  while (value.rank() < rank) value.dims.push_back(std::int64_t{uniform(2, 7)});
  for (int n = 0; n < kImages; ++n) {
    std::vector<float>& image = model.images.emplace_back(value.elements());
    for (float& x : image) x = static_cast<float>(uniform(-64, 64)) / 32;  // no sum of them rounds
  }
  values_.push_back(value);
  const auto declare = [&](onnx::ValueInfoProto& info, const Value& declared) {
    info.set_name(declared.name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t dim : declared.dims) type.mutable_shape()->add_dim()->set_dim_value(dim);
  };
  declare(*writer_.graph().add_input(), value);

  const std::string first = std::exchange(order_, "");
  std::vector<std::string> names;
  for (const auto& [name, drawn] : operators())
    if (opset_ >= drawn.since && opset_ <= drawn.until) names.push_back(name);
  // Before it, now and then what the accelerator does, so that it is not the input that every operator sees.
  if (chance(0.5)) value = apply(pick({"Conv", "Conv", "Gemm", "MaxPool", "BatchNormalization"}), value);
  value = apply(first, value);
  for (int more = uniform(1, 5); more > 0; --more)
    value = apply(chance(0.3) ? pick({"Conv", "Gemm", "Relu", "Add"}) : pick(names), value);
  if (only_views(order_)) value = apply("Relu", value);  // at least one layer
  for (const Value& output : outputs(value)) declare(*writer_.graph().add_output(), output);
  model.order = std::to_string(opset_) + ": " + order_;
  std::ostringstream file;
  writer_.write(file);
  model.onnx = file.str();
  return model;
}

std::vector<GraphDraw::Value> GraphDraw::outputs(const Value& last) {
  static const std::set<std::string> movements = words(
      "Cast CastLike Compress Concat Constant ConstantOfShape DequantizeLinear Dropout DynamicQuantizeLinear "
      "Einsum Expand EyeLike Flatten Gather GatherElements GatherND Identity Max Mean Min NonZero Pad "
      "QuantizeLinear Range Reshape ReverseSequence Shape Size Slice Split Squeeze Sum Tile TopK Transpose "
      "Unsqueeze");
  std::set<std::string> computed;
  for (const onnx::NodeProto& node : writer_.graph().node()) {
    const bool reads_computed =
        std::any_of(node.input().begin(), node.input().end(),
                    [&](const std::string& name) { return computed.count(name) != 0; });
    if (reads_computed || movements.count(node.op_type()) == 0)
      computed.insert(node.output().begin(), node.output().end());
  }
  std::vector<Value> found = {last}, others;
  std::copy_if(values_.begin(), values_.end(), std::back_inserter(others), [&](const Value& value) {
    return value.name != last.name && computed.count(value.name) != 0;
  });
  std::shuffle(others.begin(), others.end(), engine());
  if (chance(0.4)) {
    others.resize(std::min<std::size_t>(others.size(), uniform(1, 3)));
    found.insert(found.end(), others.begin(), others.end());
    std::shuffle(found.begin(), found.end(), engine());
  }
  return found;
}

GraphDraw::Value GraphDraw::apply(const std::string& op, const Value& from) {
  const Operator& drawn = operators().at(op);
  if (opset_ < drawn.since || opset_ > drawn.until) return from;
  order_ += (order_.empty() ? "" : " ") + op;
  Value result = (this->*drawn.draw)(op, from);
  return result.elements() > kMostElements ? global_pool("GlobalMaxPool", result) : result;
}

RandomModel make_random_graph(std::uint64_t seed) {
  return GraphDraw(seed).make();
}

}  // namespace bitbalance::test
