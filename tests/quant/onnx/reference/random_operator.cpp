#include "tests/quant/onnx/reference/random_operator.h"

#include <onnx/defs/schema.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

namespace bitbalance::test {
namespace {

using Dims = std::vector<std::int64_t>;
using Tensor = ReferenceTensor;

std::int64_t volume(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

class Maker {
 public:
  Maker(std::string op, std::int64_t opset, std::mt19937& random)
      : op_(std::move(op)), opset_(opset), random_(random) {
    const onnx::OpSchema* schema = onnx::OpSchemaRegistry::Schema(op_, static_cast<int>(opset), "");
    if (schema != nullptr)  // null: younger than the library
      for (const auto& [name, attribute] : schema->attributes()) attributes_.insert(name);
    if (op_.rfind("Reduce", 0) == 0 && opset_ >= kRevision) attributes_.insert("noop_with_empty_axes");
    if (op_ == "Swish") attributes_.insert("alpha");
    node_.set_name("tested");
    node_.set_op_type(op_);
    node_.add_output("t");
  }

  RandomOperator make() {
    static const std::map<std::string, void (Maker::*)()> shapes = {
        {"AveragePool", &Maker::pool},
        {"BatchNormalization", &Maker::batch_normalization},
        {"Clip", &Maker::clip},
        {"Concat", &Maker::concat},
        {"Conv", &Maker::conv},
        {"ConvTranspose", &Maker::conv},
        {"DepthToSpace", &Maker::blocks},
        {"Dropout", &Maker::dropout},
        {"Expand", &Maker::expand},
        {"Flatten", &Maker::flatten},
        {"Gather", &Maker::gather},
        {"Gelu", &Maker::gelu},
        {"Gemm", &Maker::gemm},
        {"GlobalAveragePool", &Maker::image},
        {"GlobalMaxPool", &Maker::image},
        {"GroupNormalization", &Maker::group_normalization},
        {"InstanceNormalization", &Maker::instance_normalization},
        {"LRN", &Maker::lrn},
        {"LayerNormalization", &Maker::layer_normalization},
        {"LogSoftmax", &Maker::softmax},
        {"MatMul", &Maker::matmul},
        {"MaxPool", &Maker::pool},
        {"RMSNormalization", &Maker::rms_normalization},
        {"Pad", &Maker::pad},
        {"Reshape", &Maker::reshape},
        {"Resize", &Maker::resize},
        {"Slice", &Maker::slice},
        {"Softmax", &Maker::softmax},
        {"SpaceToDepth", &Maker::blocks},
        {"Split", &Maker::split},
        {"Squeeze", &Maker::squeeze},
        {"Tile", &Maker::tile},
        {"Transpose", &Maker::transpose},
        {"Unsqueeze", &Maker::unsqueeze},
        {"Upsample", &Maker::resize},
        {"Where", &Maker::where},
    };
    static const std::set<std::string> logical = {"And", "Not", "Or", "Xor"};
    static const std::set<std::string> several = {
        "GreaterOrEqual", "LessOrEqual", "Add", "Div",   "Equal", "Greater", "Less", "Max",
        "Mean",           "Min",         "Mul", "PRelu", "Pow",   "Sub",     "Sum"};
    static const std::set<std::string> constants = {"Constant", "ConstantOfShape", "Range", "Shape", "Size"};
    if (constants.count(op_) != 0) return make_constant();
    if (op_.rfind("Reduce", 0) == 0) {
      reduce();
    } else if (logical.count(op_) != 0) {
      logic();
    } else if (several.count(op_) != 0) {
      combine();
    } else if (const auto found = shapes.find(op_); found != shapes.end()) {
      (this->*found->second)();
    } else {
      unary();
    }
    return finish();
  }

 private:
  static constexpr std::int64_t kRevision = 18;  ///< changed many signatures

  // Choices.
  std::int64_t integer(std::int64_t least, std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(least, most)(random_);
  }
  bool chance(int of = 2) { return integer(1, of) == 1; }
  template <class T>
  T one_of(const std::vector<T>& choices) {
    return choices[integer(0, static_cast<std::int64_t>(choices.size()) - 1)];
  }
  Dims extents(std::int64_t rank, std::int64_t most = 4) {
    Dims dims(rank);
    for (std::int64_t& extent : dims) extent = integer(1, most);
    return dims;
  }
  Tensor values(const Dims& dims, double low = -2, double high = 2) {
    Tensor t{dims, {}};
    std::uniform_real_distribution<float> draw(static_cast<float>(low), static_cast<float>(high));
    for (std::int64_t i = 0; i < volume(dims); ++i) t.values.push_back(draw(random_));
    return t;
  }
  /// An axis, counted from the end where the operator set allows it.
  std::int64_t axis(std::int64_t axis, std::int64_t rank, std::int64_t negative_from = 11) {
    return opset_ >= negative_from && chance() ? axis - rank : axis;
  }
  std::vector<std::int64_t> some_axes(std::int64_t rank) {
    std::vector<std::int64_t> axes;
    for (std::int64_t d = 0; d < rank; ++d)
      if (chance()) axes.push_back(axis(d, rank));
    std::shuffle(axes.begin(), axes.end(), random_);
    return axes;
  }

  // Parts of the node.
  void input(Tensor t) {
    inputs_.push_back(std::make_unique<Tensor>(std::move(t)));
    node_.add_input("x");
    image_ = inputs_.back().get();
  }
  std::string next() const { return "c" + std::to_string(inputs_.size()); }
  void floats(Tensor t) {
    constants_.push_back([name = next(), t](OnnxBuilder& model) {
      model.constant(name, t.dims, {t.values.begin(), t.values.end()});
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(std::move(t)));
  }
  void integers(const Dims& list, const Dims& dims) {
    constants_.push_back([name = next(), list, dims](OnnxBuilder& model) {
      model.constant(name, list);
      onnx::TensorProto& tensor = *model.graph().mutable_initializer(model.graph().initializer_size() - 1);
      tensor.mutable_dims()->Assign(dims.begin(), dims.end());
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(Tensor{dims, {list.begin(), list.end()}}));
  }
  void integers(const Dims& list) { integers(list, {static_cast<std::int64_t>(list.size())}); }
  void none() {
    node_.add_input("");
    inputs_.push_back(nullptr);
  }
  template <class T>
  void set(const char* name, T value) {
    set_attribute(node_, name, value);
  }
  /// An optional attribute, where the operator set has it.
  template <class T>
  void maybe(const char* name, T value) {
    if (attributes_.count(name) != 0 && chance()) set(name, value);
  }
  float small() { return static_cast<float>(integer(1, 12)) / 8; }

  // Operators.
  void unary() {
    const bool is_positive = op_ == "Log" || op_ == "Sqrt" || op_ == "Reciprocal";
    input(is_positive ? values(extents(integer(1, 4)), 0.1, 3) : values(extents(integer(1, 4))));
    if (op_ == "Cast") set("to", std::int64_t{onnx::TensorProto::FLOAT});
    for (const char* name : {"alpha", "beta", "gamma"}) maybe(name, small());
  }
  void image() { input(values({1, integer(1, 4), integer(1, 5), integer(1, 5)})); }

  void combine() {
    const bool is_power = op_ == "Pow", is_quotient = op_ == "Div";
    const Dims dims = extents(integer(1, 4));
    Dims other = dims;
    const bool broadcasts = opset_ >= 8 || (op_ != "Max" && op_ != "Mean" && op_ != "Min" && op_ != "Sum");
    if (broadcasts) {
      other.erase(other.begin(), other.begin() + integer(0, static_cast<std::int64_t>(other.size())));
      for (std::int64_t& extent : other) extent = chance(3) ? 1 : extent;
    }
    if (dims.size() == 4 && chance() && broadcasts && dims[0] == 1) other = {dims[1], 1, 1};
    const auto operand = [&](const Dims& of) {
      return is_power || is_quotient ? values(of, 0.3, 3) : values(of);
    };
    const bool is_first = op_ != "PRelu" && chance(3);
    if (is_first) floats(operand(other));
    input(operand(dims));
    if (!is_first) floats(operand(other));
    const bool is_variadic = op_ == "Max" || op_ == "Mean" || op_ == "Min" || op_ == "Sum";
    if (is_variadic && chance()) floats(operand(dims));
    is_truth_ = op_.rfind("Equal") != std::string::npos || op_ == "Greater" || op_ == "Less";
  }
  /// Of the image's elements that are not 0, and constants.
  void logic() {
    Tensor x = values(extents(integer(1, 4)));
    for (double& value : x.values) value = chance() ? 0 : value;
    Tensor truth = x;
    for (double& value : truth.values) value = value == 0 ? 0 : 1;
    input(std::move(x));
    numbers_ = std::move(inputs_.back());  // image_ is of them
    inputs_.back() = std::make_unique<Tensor>(truth);
    node_.set_input(0, "truth");
    constants_.push_back([](OnnxBuilder& model) {
      set_attribute(model.node("Cast", {"x"}, "truth"), "to", std::int64_t{onnx::TensorProto::BOOL});
    });
    is_truth_ = true;
    if (op_ == "Not") return;
    for (double& value : truth.values) value = static_cast<double>(integer(0, 1));
    constants_.push_back([name = next(), truth](OnnxBuilder& model) {
      std::string bytes;
      for (const double value : truth.values) bytes += static_cast<char>(value != 0);
      model.raw_constant(name, onnx::TensorProto::BOOL, truth.dims, bytes);
    });
    node_.add_input(next());
    inputs_.push_back(std::make_unique<Tensor>(std::move(truth)));
  }
  void gelu() {
    input(values(extents(integer(1, 4))));
    if (chance()) set("approximate", one_of<std::string>({"none", "tanh"}));
  }
  void group_normalization() {
    constexpr std::int64_t kPerChannel = 21;
    const std::int64_t groups = integer(1, 3), channels = groups * integer(1, 3);
    input(values({1, channels, integer(1, 3), integer(2, 4)}));
    const Dims of = {opset_ < kPerChannel ? groups : channels};
    floats(values(of));
    floats(values(of));
    set("num_groups", groups);
    if (chance()) set("epsilon", small());
  }
  void rms_normalization() {
    const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
    input(values(extents(rank)));
    const Dims& dims = inputs_[0]->dims;
    floats(values({dims.begin() + at, dims.end()}));
    if (at != rank - 1 || chance()) set("axis", axis(at, rank));
    if (chance()) set("epsilon", small());
  }
  void where() {
    const Dims dims = extents(integer(1, 4));
    Dims truth = dims;
    for (std::int64_t& extent : truth) extent = chance(3) ? 1 : extent;
    Dims bits(volume(truth));
    for (std::int64_t& bit : bits) bit = integer(0, 1);
    constants_.push_back([bits, truth](OnnxBuilder& model) {
      onnx::TensorProto& tensor = *model.graph().add_initializer();
      tensor.set_name("c0");
      tensor.set_data_type(onnx::TensorProto::BOOL);
      tensor.mutable_dims()->Assign(truth.begin(), truth.end());
      for (const std::int64_t bit : bits) tensor.add_int32_data(static_cast<std::int32_t>(bit));
    });
    node_.add_input("c0");
    inputs_.push_back(std::make_unique<Tensor>(Tensor{truth, {bits.begin(), bits.end()}}));
    input(values(dims));
    floats(values(dims));
  }
  void reduce() {
    const std::int64_t rank = integer(1, 4);
    const bool is_logarithm = op_ == "ReduceLogSum";
    input(is_logarithm ? values(extents(rank), 0.1, 2) : values(extents(rank)));
    maybe("keepdims", integer(0, 1));
    maybe("noop_with_empty_axes", integer(0, 1));
    const std::vector<std::int64_t> axes = some_axes(rank);
    constexpr std::int64_t kAllTakeAxes = 18;  // later than the library's schemas
    if (attributes_.count("axes") == 0 || opset_ >= kAllTakeAxes) {
      if (chance(4) || (axes.empty() && chance())) return;
      integers(axes);
    } else if (!axes.empty()) {
      set("axes", axes);
    }
  }
  void softmax() {
    const std::int64_t rank = integer(1, 4);
    const bool has_default = opset_ >= 13 || rank > 1;
    input(values(extents(rank)));
    if (!has_default || chance()) set("axis", axis(integer(0, rank - 1), rank));
  }
  void batch_normalization() {
    input(values({1, integer(1, 4), integer(1, 4), integer(1, 4)}));
    const Dims channels = {inputs_[0]->dims[1]};
    for (int i = 0; i < 3; ++i) floats(values(channels));
    floats(values(channels, 0.1, 2));
    maybe("epsilon", small());
    maybe("momentum", small());
    maybe("spatial", std::int64_t{1});
    if (!chance(4)) return;
    is_training_ = true;
    const int outputs = opset_ < 14 ? 5 : 3;
    for (int i = 1; i < outputs; ++i) node_.add_output("s" + std::to_string(i));
    if (opset_ >= 14) set("training_mode", std::int64_t{1});
  }
  void instance_normalization() {
    input(values({1, integer(1, 4), integer(2, 4), integer(2, 4)}));
    for (int i = 0; i < 2; ++i) floats(values({inputs_[0]->dims[1]}));
    maybe("epsilon", small());
  }
  void layer_normalization() {
    const std::int64_t rank = integer(1, 4), from = integer(0, rank - 1);
    input(values(extents(rank)));
    const Dims& dims = inputs_[0]->dims;
    const bool is_default = from == rank - 1 && chance();
    const Dims tail(dims.begin() + from, dims.end());
    floats(values(tail));
    if (chance()) floats(values(tail));
    if (!is_default) set("axis", axis(from, rank));
    set("epsilon", small());  // a row of one element is nothing but that
    maybe("stash_type", std::int64_t{1});
  }
  void lrn() {
    image();
    set("size", integer(1, 6));
    for (const char* name : {"alpha", "beta", "bias"}) maybe(name, small());
  }
  void dropout() {
    input(values(extents(integer(1, 4))));
    maybe("ratio", 0.25F);
    maybe("seed", integer(0, 9));
    if (opset_ >= 12 && chance()) {
      if (chance()) {
        floats(Tensor{{}, {0.5F}});
      } else {
        none();
      }
      is_training_ = chance(3);
      const bool truth = is_training_;
      constants_.push_back([truth](OnnxBuilder& model) {
        onnx::TensorProto& tensor = *model.graph().add_initializer();
        tensor.set_name("c2");
        tensor.set_data_type(onnx::TensorProto::BOOL);
        tensor.add_int32_data(truth ? 1 : 0);
      });
      node_.add_input("c2");
      inputs_.push_back(std::make_unique<Tensor>(Tensor{{}, {truth ? 1.0 : 0.0}}));
    }
    if (chance()) node_.add_output("mask");
  }
  void clip() {
    input(values(extents(integer(1, 4))));
    const float low = -small(), high = small();
    if (opset_ < 11) {
      maybe("min", low);
      maybe("max", high);
      return;
    }
    if (chance()) {
      floats(Tensor{{}, {low}});
    } else {
      none();
    }
    if (chance()) floats(Tensor{{}, {high}});
  }
  void pad() {
    const std::int64_t rank = integer(1, 4);
    input(values(extents(rank)));
    const std::string mode = one_of<std::string>({"constant", "edge", "reflect"});
    Dims pads(2 * rank);
    for (std::int64_t d = 0; d < 2 * rank; ++d) {
      const std::int64_t most = mode == "reflect" ? inputs_[0]->dims[d % rank] - 1 : 2;
      pads[d] = integer(0, most);
      if (mode == "constant" && d < rank && inputs_[0]->dims[d] > 1 && chance(4)) pads[d] = -1;
    }
    if (mode != "constant" || chance()) set("mode", mode);
    if (opset_ < 11) {
      set("pads", pads);
      maybe("value", small());
    } else {
      integers(pads);
      if (chance()) floats(Tensor{{}, {small()}});
    }
  }
  void slice() {
    const std::int64_t rank = integer(1, 4);
    input(values(extents(rank, 6)));
    Dims starts, ends, axes, steps;
    for (std::int64_t d = 0; d < rank; ++d) {
      if (chance(3)) continue;
      const std::int64_t n = inputs_[0]->dims[d];
      const bool down = opset_ >= 10 && chance(3);
      const std::int64_t low = integer(0, n - 1), high = integer(low, n - 1);
      starts.push_back(down ? high : low);
      ends.push_back(down ? (low == 0 ? -n - 1 : low - 1) : high + 1);
      if (!down && chance(4)) ends.back() = std::int64_t{1} << 40;
      if (!down && chance(4)) starts.back() -= n;
      axes.push_back(axis(d, rank));
      steps.push_back(down ? -integer(1, 3) : opset_ >= 10 ? integer(1, 3) : 1);
    }
    const bool names_axes = static_cast<std::int64_t>(axes.size()) != rank || chance();
    if (opset_ < 10) {
      set("starts", starts);
      set("ends", ends);
      if (names_axes) set("axes", axes);
      return;
    }
    integers(starts);
    integers(ends);
    if (names_axes) {
      integers(axes);
    } else {
      none();
    }
    integers(steps);
  }
  void split() {
    const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1), count = integer(1, 3);
    Dims dims = extents(rank), parts(count);
    const std::int64_t each = integer(1, 3);
    const bool is_even = chance();
    for (std::int64_t& part : parts) part = is_even ? each : integer(1, 3);
    dims[at] = std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
    input(values(dims));
    if (at != 0 || chance()) set("axis", axis(at, rank));
    for (std::int64_t i = 1; i < count; ++i) node_.add_output("t" + std::to_string(i));
    read_ = integer(0, count - 1);
    if (is_even && chance()) {
      if (opset_ >= kRevision) set("num_outputs", count);
      return;
    }
    if (opset_ < 13) {
      set("split", parts);
    } else {
      integers(parts);
    }
  }
  void squeeze() {
    const std::int64_t rank = integer(2, 4);
    Dims dims = extents(rank, 3), axes;
    for (std::int64_t d = 0; d < rank; ++d) {
      if (!chance()) continue;
      dims[d] = 1;
      axes.push_back(axis(d, rank));
    }
    input(values(dims));
    if (axes.empty() || chance(3)) return;
    if (opset_ < 13) {
      set("axes", axes);
    } else {
      integers(axes);
    }
  }
  void unsqueeze() {
    const std::int64_t rank = integer(1, 3), more = integer(1, 2);
    input(values(extents(rank)));
    Dims all(rank + more);
    std::iota(all.begin(), all.end(), 0);
    std::shuffle(all.begin(), all.end(), random_);
    Dims axes(all.begin(), all.begin() + more);
    for (std::int64_t& each : axes) each = axis(each, rank + more);
    if (opset_ < 13) {
      std::sort(axes.begin(), axes.end());
      set("axes", axes);
    } else {
      integers(axes);
    }
  }
  void flatten() {
    const std::int64_t rank = integer(1, 4);
    input(values(extents(rank)));
    const std::int64_t at = integer(0, rank);
    if (chance()) set("axis", at < rank ? axis(at, rank) : at);
  }
  void reshape() {
    Dims dims = extents(integer(1, 4));
    input(values(dims));
    if (dims.size() > 1 && chance()) {
      dims[0] *= dims.back();
      dims.pop_back();
    }
    if (chance(3)) dims.push_back(1);
    const std::int64_t at = integer(0, static_cast<std::int64_t>(dims.size()) - 1);
    if (chance()) dims[at] = -1;
    const bool is_same = dims[0] == inputs_[0]->dims[0];
    if (is_same && chance()) dims[0] = 0;
    integers(dims);
    if (dims[0] != 0) maybe("allowzero", integer(0, 1));
  }
  void transpose() {
    const std::int64_t rank = integer(1, 4);
    input(values(extents(rank)));
    Dims perm(rank);
    std::iota(perm.begin(), perm.end(), 0);
    std::shuffle(perm.begin(), perm.end(), random_);
    maybe("perm", perm);
  }
  void concat() {
    const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
    const Dims dims = extents(rank);
    input(values(dims));
    for (std::int64_t i = integer(0, 2); i > 0; --i) {
      Dims part = dims;
      part[at] = integer(1, 3);
      floats(values(part));
    }
    if (chance()) {
      node_.add_input("x");
      inputs_.push_back(std::make_unique<Tensor>(*inputs_[0]));
    }
    set("axis", axis(at, rank));
  }
  void gather() {
    const std::int64_t rank = integer(1, 3), at = integer(0, rank - 1);
    input(values(extents(rank)));
    const std::int64_t n = inputs_[0]->dims[at];
    const Dims dims = extents(integer(0, 2), 3);
    Dims indices(volume(dims));
    for (std::int64_t& index : indices) index = integer(opset_ >= 11 ? -n : 0, n - 1);
    integers(indices, dims);
    if (at != 0 || chance()) set("axis", axis(at, rank, 1));
  }
  void tile() {
    input(values(extents(integer(1, 4))));
    integers(extents(static_cast<std::int64_t>(inputs_[0]->dims.size()), 3));
  }
  void expand() {
    Dims dims = extents(integer(1, 4)), wanted = dims;
    for (std::size_t d = 0; d < dims.size(); ++d) {
      if (chance(3)) dims[d] = 1;
      if (chance(4)) wanted[d] = 1;
    }
    if (chance(3)) wanted.insert(wanted.begin(), 2);
    input(values(dims));
    integers(wanted);
  }
  void blocks() {
    const std::int64_t b = integer(1, 3);
    const bool to_space = op_ == "DepthToSpace";
    input(values({1, integer(1, 3) * (to_space ? b * b : 1), integer(1, 3) * (to_space ? 1 : b),
                  integer(1, 3) * (to_space ? 1 : b)}));
    set("blocksize", b);
    maybe("mode", one_of<std::string>({"DCR", "CRD"}));
  }
  void matmul() {
    const std::int64_t k = integer(1, 4);
    Dims left = extents(integer(1, 4)), right = extents(integer(1, 3));
    left.back() = k;
    right[right.size() == 1 ? 0 : right.size() - 2] = k;
    for (std::size_t d = 2; d < right.size(); ++d) {
      const std::size_t to = left.size() > d ? left.size() - 1 - d : left.size();
      right[right.size() - 1 - d] = to < left.size() && chance() ? left[to] : 1;
    }
    input(values(left));
    floats(values(right));
  }
  void gemm() {
    const std::int64_t m = integer(1, 4), k = integer(1, 4), n = integer(1, 4);
    const std::int64_t ta = integer(0, 1), tb = integer(0, 1);
    input(values(ta != 0 ? Dims{k, m} : Dims{m, k}));
    floats(values(tb != 0 ? Dims{n, k} : Dims{k, n}));
    if (ta != 0 || chance()) set("transA", ta);
    if (tb != 0 || chance()) set("transB", tb);
    maybe("alpha", small());
    maybe("beta", small());
    if (opset_ < 11 || chance()) floats(values(one_of<Dims>({{}, {n}, {1, n}, {m, 1}, {m, n}, {1}})));
  }

  void strides_and_pads(const Dims& kernel, bool may_dilate) {
    maybe("strides", Dims{integer(1, 3), integer(1, 3)});
    if (may_dilate) maybe("dilations", Dims{integer(1, 2), integer(1, 2)});
    if (chance()) {
      maybe("auto_pad", one_of<std::string>({"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}));
    } else {
      maybe("pads", Dims{integer(0, kernel[0] - 1), integer(0, kernel[1] - 1), integer(0, kernel[0] - 1),
                         integer(0, kernel[1] - 1)});
    }
  }
  void conv() {
    const bool is_transposed = op_ == "ConvTranspose";
    const Dims kernel = {integer(1, 3), integer(1, 3)};
    const std::int64_t groups = integer(1, 2), each = integer(1, 2), filters = groups * integer(1, 2);
    input(values({1, groups * each, integer(5, 8), integer(5, 8)}));
    floats(values(is_transposed ? Dims{groups * each, filters / groups, kernel[0], kernel[1]}
                                : Dims{filters, each, kernel[0], kernel[1]}));
    if (chance()) floats(values({filters}));
    if (groups > 1 || chance()) set("group", groups);
    maybe("kernel_shape", kernel);
    strides_and_pads(kernel, true);
  }
  void pool() {
    const Dims kernel = {integer(1, 3), integer(1, 3)};
    input(values({1, integer(1, 3), integer(4, 8), integer(4, 8)}));
    set("kernel_shape", kernel);
    strides_and_pads(kernel, false);
    maybe("ceil_mode", integer(0, 1));
    maybe("count_include_pad", integer(0, 1));
    maybe("storage_order", integer(0, 1));
    if (op_ == "MaxPool" && opset_ >= 8 && chance()) node_.add_output("indices");
  }
  void resize() {
    Dims dims = {1, integer(1, 2), integer(1, 6), integer(1, 6)};
    input(values(dims));
    const bool enlarges = op_ == "Upsample";
    Tensor scales{{4}, {1, 1}};
    Dims sizes = {1, dims[1]};
    for (int d = 2; d < 4; ++d) {
      float scale = static_cast<float>(integer(enlarges ? 10 : 3, 30)) / 10;
      if (static_cast<float>(dims[d]) * scale < 1) scale = 1;
      scales.values.push_back(scale);
      sizes.push_back(integer(1, 10));
    }
    if (op_ == "Upsample" || opset_ < 11) {
      maybe("mode", one_of<std::string>({"nearest", "linear"}));
      if (opset_ < 9) {
        onnx::AttributeProto& attribute = *node_.add_attribute();
        attribute.set_name("scales");
        attribute.set_type(onnx::AttributeProto::FLOATS);
        for (const double scale : scales.values) attribute.add_floats(static_cast<float>(scale));
        inputs_.push_back(std::make_unique<Tensor>(scales));  // for the reference
      } else {
        floats(scales);
      }
      return;
    }
    if (opset_ < 13) {
      floats(Tensor{{0}, {}});
    } else {
      none();
    }
    if (chance()) {
      floats(scales);
    } else {
      if (opset_ < 13) {
        floats(Tensor{{0}, {}});
      } else {
        none();
      }
      inputs_.back() = nullptr;
      integers(sizes);
    }
    maybe("mode", one_of<std::string>({"nearest", "linear"}));
    maybe("nearest_mode", one_of<std::string>({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
    maybe("coordinate_transformation_mode",
          one_of<std::string>({"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"}));
  }

  /// The image plus what an operator makes of constants.
  RandomOperator make_constant() {
    Tensor found;
    if (op_ == "Constant" || op_ == "ConstantOfShape") {
      found = values(extents(op_ == "Constant" ? integer(0, 3) : integer(1, 3)));
      if (op_ == "ConstantOfShape") {
        const double value = chance() ? small() : 0;
        std::fill(found.values.begin(), found.values.end(), value);
        integers(found.dims);
        if (value == 0) return finish_constant(found, false);
      }
      onnx::AttributeProto& attribute = *node_.add_attribute();
      attribute.set_name("value");
      attribute.set_type(onnx::AttributeProto::TENSOR);
      onnx::TensorProto& tensor = *attribute.mutable_t();
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      if (op_ == "Constant") {
        tensor.mutable_dims()->Assign(found.dims.begin(), found.dims.end());
      } else {
        tensor.add_dims(1);
      }
      for (std::int64_t i = 0; i < volume({tensor.dims().begin(), tensor.dims().end()}); ++i)
        tensor.add_float_data(static_cast<float>(found.values[i]));
      return finish_constant(found, false);
    }
    if (op_ == "Range") {
      floats(Tensor{{}, {small()}});
      floats(Tensor{{}, {small() + 2}});
      floats(Tensor{{}, {chance(4) ? 0.1F : small()}});
    } else {
      floats(values(extents(integer(1, 4))));
      maybe("start", integer(-5, 5));
      maybe("end", integer(-5, 5));
    }
    const bool is_empty = volume(reference(node_, opset_, pointers())[0].dims) == 0;
    if (is_empty) node_.clear_attribute();
    return finish_constant(reference(node_, opset_, pointers())[0], op_ != "Range");
  }
  RandomOperator finish_constant(const Tensor& found, bool is_integer) {
    RandomOperator result{begin({1}), {0.5F}, found, false};
    *result.model.graph().add_node() = node_;
    if (is_integer) {
      set_attribute(result.model.node("Cast", {"t"}, "f"), "to", std::int64_t{onnx::TensorProto::FLOAT});
    }
    result.model.node("Add", {"x", is_integer ? "f" : "t"}, "y");
    for (double& value : result.expected.values) value += 0.5;
    if (result.expected.dims.empty()) result.expected.dims = {1};
    result.model.output_rank(static_cast<int>(result.expected.dims.size()));
    return result;
  }

  OnnxBuilder begin(const Dims& dims) const {
    OnnxBuilder model(dims, opset_);
    for (const auto& add : constants_) add(model);
    return model;
  }
  std::vector<const Tensor*> pointers() const {
    std::vector<const Tensor*> result;
    for (const auto& tensor : inputs_) result.push_back(tensor.get());
    return result;
  }
  RandomOperator finish() {
    RandomOperator result{
        begin(image_->dims), {image_->values.begin(), image_->values.end()}, {}, is_training_};
    *result.model.graph().add_node() = node_;
    result.expected = reference(node_, opset_, pointers())[read_];
    std::string last = node_.output(static_cast<int>(read_));
    if (is_truth_) {
      set_attribute(result.model.node("Cast", {last}, "f"), "to", std::int64_t{onnx::TensorProto::FLOAT});
      last = "f";
    }
    result.model.node("Neg", {last}, "y");
    for (double& value : result.expected.values) value = -value;
    result.model.output_rank(static_cast<int>(result.expected.dims.size()));
    return result;
  }

  std::string op_;
  std::int64_t opset_;
  std::mt19937& random_;
  std::set<std::string> attributes_;
  onnx::NodeProto node_;
  std::vector<std::unique_ptr<Tensor>> inputs_;
  std::vector<std::function<void(OnnxBuilder&)>> constants_;
  std::unique_ptr<Tensor> numbers_;  ///< of logical operators: what the image's truths are made of
  const Tensor* image_ = nullptr;
  std::int64_t read_ = 0;  ///< output that is compared
  bool is_truth_ = false, is_training_ = false;
};

}  // namespace

RandomOperator random_operator(const std::string& op, std::int64_t opset, std::mt19937& random) {
  return Maker(op, opset, random).make();
}

}  // namespace bitbalance::test
