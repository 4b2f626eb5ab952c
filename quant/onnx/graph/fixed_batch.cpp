#include "quant/onnx/graph/fixed_batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "quant/host/operator_traits.h"
#include "quant/onnx/file/node_order.h"
#include "quant/onnx/file/official.h"

namespace bitbalance::onnx_io {
namespace {

using onnx::NodeProto;

/// The dimension of a constant along which it has the same elements for every image; none: it has others.
std::optional<std::size_t> batch_of(const OnnxValue& constant, std::int64_t images) {
  const Dims& one = constant.dims;
  const HostTensor& whole = *constant.whole;
  for (std::size_t d = 0; d < one.size() && whole.dims.size() == one.size(); ++d) {
    Dims expected = one;
    expected[d] *= images;
    if (whole.dims != expected) continue;
    const std::int64_t run = element_count(one, d);
    bool is_same = true;
    for (std::size_t i = 0; is_same && i < whole.values.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      is_same = whole.values[i] == constant.constant[at / (run * images) * run + at % run];
    }
    if (is_same) return d;
  }
  return std::nullopt;
}

/// One node, input by input. Dimensions and extents are those for one image unless said otherwise.
class Rules {
 public:
  Rules(const OnnxGraph& graph, const NodeProto& node)
      : graph_(graph), node_(node), images_(graph.model().fixed_batch()), result_{node, {}, {}} {}

  NodeForOne run() {
    const std::string& op = node_.op_type();
    static const std::map<std::string, std::size_t (Rules::*)()> table = rules();
    if (op == "RNN" || op == "GRU" || op == "LSTM") {
      recur();
      return std::move(result_);
    }
    const auto found = table.find(op);
    const bool is_elementwise = has_trait(op, host::kElementwise);
    if (found == table.end() && !is_elementwise) mixes();
    const std::size_t batch = found != table.end() ? (this->*found->second)() : elementwise();
    result_.batch.assign(node_.output_size(), batch);
    return std::move(result_);
  }

 private:
  using Rule = std::size_t (Rules::*)();

  static std::map<std::string, Rule> rules() {
    std::map<std::string, Rule> table = {
        {"Concat", &Rules::concat},
        {"CumSum", &Rules::along_input},
        {"DequantizeLinear", &Rules::first_alone},
        {"Det", &Rules::of_matrices},
        {"DynamicQuantizeLinear", &Rules::first_alone},
        {"Einsum", &Rules::einsum},
        {"Expand", &Rules::expand},
        {"Flatten", &Rules::view},
        {"Gather", &Rules::gather},
        {"GatherElements", &Rules::elements_along},
        {"GatherND", &Rules::gather_nd},
        {"Gemm", &Rules::gemm},
        {"Hardmax", &Rules::softmax},
        {"LogSoftmax", &Rules::softmax},
        {"MatMul", &Rules::product},
        {"MatMulInteger", &Rules::product},
        {"OneHot", &Rules::one_hot},
        {"Pad", &Rules::pad},
        {"QLinearMatMul", &Rules::product},
        {"QuantizeLinear", &Rules::first_alone},
        {"Reshape", &Rules::view},
        {"Resize", &Rules::resize},
        {"ScatterElements", &Rules::elements_along},
        {"Slice", &Rules::slice},
        {"Softmax", &Rules::softmax},
        {"Squeeze", &Rules::view},
        {"Tile", &Rules::tile},
        {"Transpose", &Rules::transpose},
        {"Trilu", &Rules::of_matrices},
        {"Unsqueeze", &Rules::view},
        {"Upsample", &Rules::resize},
    };
    // Of a batch along their first dimension, says the standard.
    for (const char* op : {"Attention",
                           "AveragePool",
                           "BatchNormalization",
                           "Col2Im",
                           "Conv",
                           "ConvInteger",
                           "ConvTranspose",
                           "DepthToSpace",
                           "GlobalAveragePool",
                           "GlobalLpPool",
                           "GlobalMaxPool",
                           "GridSample",
                           "GroupNormalization",
                           "InstanceNormalization",
                           "LRN",
                           "LpPool",
                           "MaxPool",
                           "QLinearConv",
                           "RotaryEmbedding",
                           "SpaceToDepth"})
      table[op] = &Rules::of_images;
    for (const char* op : {"LpNormalization", "Split", "TopK"}) table[op] = &Rules::along_axis;
    for (const char* op : {"LayerNormalization", "RMSNormalization"}) table[op] = &Rules::from_axis;
    for (const char* op : {"ArgMax", "ArgMin", "MeanVarianceNormalization", "ReduceL1", "ReduceL2",
                           "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin",
                           "ReduceProd", "ReduceSum", "ReduceSumSquare"})
      table[op] = &Rules::reduce;
    return table;
  }

  [[noreturn]] void mixes() const { fail_of_batch(graph_.model(), node_); }
  void demand(bool is_one_by_one) const {
    if (!is_one_by_one) mixes();
  }

  bool has(int input) const { return OnnxGraph::has_input(node_, input); }
  const OnnxValue& value(int input) const { return graph_.value(node_, input); }
  const Dims& dims(int input) const { return value(input).dims; }
  std::size_t rank(int input) const { return dims(input).size(); }

  /// The dimension of the images; none: the input is the same for all of them.
  std::optional<std::size_t> find_batch(int input) const {
    if (!has(input)) return std::nullopt;
    const OnnxValue& found = value(input);
    if (found.tensor >= 0) return found.batch;
    if (!found.whole) return std::nullopt;
    const std::optional<std::size_t> batch = batch_of(found, images_);
    demand(batch.has_value());
    return batch;
  }
  std::size_t batch(int input) const {
    const std::optional<std::size_t> found = find_batch(input);
    demand(found.has_value());
    return *found;
  }
  void demand_constants(int from) const {
    for (int i = from; i < node_.input_size(); ++i) demand(!find_batch(i));
  }

  /// Elements of a constant as the file has it.
  std::vector<float> numbers(int input) const {
    if (!has(input)) return {};
    const OnnxValue& found = value(input);
    if (found.tensor >= 0) {
      graph_.model().fail(node_,
                          fmt::format("input '{}' is computed; accepted: a constant", node_.input(input)));
    }
    return found.whole ? found.whole->values : found.constant;
  }
  /// An attribute, or in later operator sets an input.
  std::vector<std::int64_t> list(const char* attribute, int input) const {
    const std::vector<float> given = numbers(input);
    if (given.empty()) return ints_attribute(node_, attribute, {});
    std::vector<std::int64_t> integers(given.size());
    std::transform(given.begin(), given.end(), integers.begin(), to_integer);
    return integers;
  }

  /// One image has this instead.
  void replace(int input, const std::vector<std::int64_t>& integers) {
    const std::string name = node_.output(0) + " (one image)";
    OnnxValue constant;
    constant.type = onnx::TensorProto::INT64;
    constant.dims = {static_cast<std::int64_t>(integers.size())};
    constant.constant.assign(integers.begin(), integers.end());
    result_.constants[name] = std::move(constant);
    while (result_.node.input_size() <= input) result_.node.add_input();
    result_.node.set_input(input, name);
  }

  /// As NumPy broadcasts the inputs: where all that have images have them along the same dimension.
  std::size_t broadcast(const std::vector<int>& inputs) const {
    std::size_t most = 0;
    for (const int i : inputs) most = std::max(most, rank(i));
    std::optional<std::size_t> found;
    std::int64_t extent = 1;
    for (const int i : inputs) {
      const std::optional<std::size_t> own = find_batch(i);
      if (!own) continue;
      const std::size_t at = *own + most - rank(i);
      demand(!found || (*found == at && extent == dims(i)[*own]));
      found = at;
      extent = dims(i)[*own];
    }
    demand(found.has_value());
    for (const int i : inputs) {
      const std::size_t missing = most - rank(i);
      demand(find_batch(i) || *found < missing || dims(i)[*found - missing] == 1);
    }
    return *found;
  }

  std::size_t elementwise() {
    std::vector<int> inputs;
    for (int i = 0; i < node_.input_size(); ++i)
      if (has(i)) inputs.push_back(i);
    return broadcast(inputs);
  }

  std::size_t of_images() {
    for (int i = 0; i < node_.input_size(); ++i) {
      const bool is_own = !find_batch(i) || (value(i).tensor >= 0 && batch(i) == 0);
      // A mask of fewer dimensions has none for the images.
      const bool is_mask = node_.op_type() == "Attention" && i == 3;
      demand(is_own && (!is_mask || !find_batch(i) || rank(i) == rank(0) || rank(i) == 4));
    }
    return 0;
  }

  std::size_t first_alone() {
    demand_constants(1);
    return batch(0);
  }

  std::size_t axis_of(const char* attribute, std::int64_t fallback) const {
    return normal_axis(int_attribute(node_, attribute, fallback), rank(0));
  }

  std::size_t along_axis() {
    const std::int64_t fallback = node_.op_type() == "Split" ? 0 : -1;
    demand(first_alone() != axis_of("axis", fallback));
    return batch(0);
  }

  std::size_t along_input() {
    const std::vector<std::int64_t> axis = list("", 1);
    demand(axis.size() == 1 && batch(0) != normal_axis(axis[0], rank(0)));
    return batch(0);
  }

  std::size_t from_axis() {
    demand(first_alone() < axis_of("axis", -1));
    return batch(0);
  }

  std::size_t softmax() {
    const std::int64_t opset = graph_.model().opset();
    const std::size_t axis = axis_of("axis", host::softmax_default_axis(opset));
    demand(host::softmax_has_one_axis(opset) ? batch(0) != axis : batch(0) < axis);
    return batch(0);
  }

  std::size_t of_matrices() {
    demand(batch(0) + 2 < rank(0));
    return batch(0);
  }

  std::size_t reduce() {
    const std::string& op = node_.op_type();
    const bool is_index = op == "ArgMax" || op == "ArgMin", keeps_all = op == "MeanVarianceNormalization";
    std::vector<std::int64_t> axes;
    if (is_index) {
      axes = {int_attribute(node_, "axis", 0)};
    } else if (keeps_all) {
      axes = ints_attribute(node_, "axes", {0, 2, 3});
    } else {
      axes = list("axes", 1);
    }
    if (axes.empty()) {
      demand(int_attribute(node_, "noop_with_empty_axes", 0) != 0);
      return batch(0);
    }
    std::size_t before = 0;
    for (const std::int64_t axis : axes) {
      const std::size_t at = normal_axis(axis, rank(0));
      demand(at != batch(0));
      before += at < batch(0) ? 1 : 0;
    }
    return int_attribute(node_, "keepdims", 1) != 0 || keeps_all ? batch(0) : batch(0) - before;
  }

  std::size_t concat() {
    const std::size_t axis = axis_of("axis", 0);
    for (int i = 0; i < node_.input_size(); ++i)
      demand(batch(i) == batch(0) && dims(i)[batch(i)] == dims(0)[batch(0)]);
    demand(batch(0) != axis);
    return batch(0);
  }

  std::size_t gather() {
    const std::size_t axis = axis_of("axis", 0);
    if (!find_batch(0)) return axis + batch(1);
    demand(!find_batch(1) && batch(0) != axis);
    return batch(0) < axis ? batch(0) : batch(0) + rank(1) - 1;
  }

  std::size_t elements_along() {
    for (int i = 0; i < node_.input_size(); ++i)
      demand(batch(i) == batch(0) && dims(i)[batch(i)] == dims(0)[batch(0)]);
    demand(batch(0) != axis_of("axis", 0));
    return batch(0);
  }

  std::size_t gather_nd() {
    const std::int64_t shared = int_attribute(node_, "batch_dims", 0);
    if (!find_batch(0)) {
      demand(batch(1) + 1 < rank(1) && shared == 0);
      return batch(1);
    }
    demand(batch(0) == batch(1) && static_cast<std::int64_t>(batch(0)) < shared);
    return batch(0);
  }

  std::size_t one_hot() {
    demand_constants(1);
    const std::size_t axis = normal_axis(int_attribute(node_, "axis", -1), rank(0) + 1);
    return batch(0) + (axis <= batch(0) ? 1 : 0);
  }

  /// Images are along rows of the left operand, columns of the right one, or further out.
  std::size_t product() {
    const int right = node_.op_type() == "QLinearMatMul" ? 3 : 1;
    for (int i = 0; i < node_.input_size(); ++i) demand(i == 0 || i == right || !find_batch(i));
    if (rank(right) == 1) {
      demand(!find_batch(right) && batch(0) + 1 < rank(0));
      return batch(0);
    }
    demand(rank(0) >= 2);
    if (find_batch(0)) demand(batch(0) + 1 < rank(0));
    if (find_batch(right)) demand(batch(right) + 2 != rank(right));
    const std::size_t most = std::max(rank(0), rank(right));
    const auto from_end = [&](int i) { return rank(i) - batch(i); };
    if (!find_batch(0) || !find_batch(right)) {
      const int images = find_batch(0) ? 0 : right, other = right - images;
      // A row or a column is of all matrices of the other operand.
      if (from_end(images) > 2 && from_end(images) <= rank(other))
        demand(dims(other)[rank(other) - from_end(images)] == 1);
      return most - from_end(images);
    }
    demand(from_end(0) > 2 && from_end(0) == from_end(right) &&
           dims(0)[batch(0)] == dims(right)[batch(right)]);
    return most - from_end(0);
  }

  std::size_t gemm() {
    const bool is_left = find_batch(0).has_value();
    demand(is_left != find_batch(1).has_value());
    const auto inner = [&](const char* attribute, int input) {
      return static_cast<std::size_t>((int_attribute(node_, attribute, 0) != 0) == (input == 0) ? 0 : 1);
    };
    const int images = is_left ? 0 : 1;
    demand(batch(images) != inner(is_left ? "transA" : "transB", images));
    const std::size_t result = is_left ? 0 : 1;
    if (!has(2)) return result;
    // C as it broadcasts to two dimensions.
    const std::size_t missing = 2 - std::min<std::size_t>(rank(2), 2);
    if (find_batch(2)) {
      demand(batch(2) + missing == result && dims(2)[batch(2)] == dims(images)[batch(images)]);
    } else {
      demand(result < missing || dims(2)[result - missing] == 1);
    }
    return result;
  }

  std::size_t einsum() {
    std::string equation = string_attribute(node_, "equation", "");
    equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
    const std::size_t arrow = equation.find("->");
    demand(arrow != std::string::npos && equation.find('.') == std::string::npos);
    const std::string result = equation.substr(arrow + 2);
    std::vector<std::string> terms(1);
    for (const char c : equation.substr(0, arrow)) {
      if (c == ',') {
        terms.emplace_back();
      } else {
        terms.back() += c;
      }
    }
    demand(terms.size() == static_cast<std::size_t>(node_.input_size()));
    char letter = 0;
    for (int i = 0; i < node_.input_size(); ++i) {
      demand(terms[i].size() == rank(i));
      if (!find_batch(i)) continue;
      const char own = terms[i][batch(i)];
      demand(letter == 0 || letter == own);
      letter = own;
    }
    for (int i = 0; i < node_.input_size(); ++i) {
      const auto times = std::count(terms[i].begin(), terms[i].end(), letter);
      demand(times == (find_batch(i) ? 1 : 0));
    }
    demand(std::count(result.begin(), result.end(), letter) == 1);
    return result.find(letter);
  }

  std::size_t transpose() {
    std::vector<std::int64_t> order = ints_attribute(node_, "perm", {});
    for (std::size_t d = rank(0); order.size() < rank(0);) order.push_back(static_cast<std::int64_t>(--d));
    const auto at = std::find(order.begin(), order.end(), static_cast<std::int64_t>(batch(0)));
    demand(at != order.end());
    return at - order.begin();
  }

  /// All of the images, in their order.
  std::size_t slice() {
    const std::vector<std::int64_t> starts = list("starts", 1), ends = list("ends", 2);
    const std::vector<std::int64_t> axes = list("axes", 3), steps = list("steps", 4);
    const std::int64_t extent = images_ * dims(0)[batch(0)];
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const std::size_t axis = normal_axis(i < axes.size() ? axes[i] : static_cast<std::int64_t>(i), rank(0));
      if (axis != batch(0)) continue;
      demand(i < ends.size() && (starts[i] == 0 || starts[i] <= -extent) && ends[i] >= extent);
      demand(i >= steps.size() || steps[i] == 1);
    }
    return batch(0);
  }

  std::size_t pad() {
    const std::vector<std::int64_t> pads = list("pads", 1), axes = list("axes", 3);
    const std::size_t listed = pads.size() / 2;
    for (std::size_t i = 0; i < listed; ++i) {
      const std::size_t axis = normal_axis(i < axes.size() ? axes[i] : static_cast<std::int64_t>(i), rank(0));
      demand(axis != batch(0) || (pads[i] == 0 && pads[listed + i] == 0));
    }
    return batch(0);
  }

  std::size_t tile() {
    const std::vector<std::int64_t> repeats = list("repeats", 1);
    demand(batch(0) < repeats.size() && repeats[batch(0)] == 1);
    return batch(0);
  }

  std::size_t expand() {
    std::vector<std::int64_t> shape = list("shape", 1);
    const std::size_t most = std::max(rank(0), shape.size());
    const std::size_t at = batch(0) + most - rank(0), missing = most - shape.size();
    if (at < missing) return at;
    demand(shape[at - missing] == 1 || shape[at - missing] == images_ * dims(0)[batch(0)]);
    shape[at - missing] = 1;
    replace(1, shape);
    return at;
  }

  /// Only other dimensions than that of the images.
  std::size_t resize() {
    constexpr std::int64_t kRoi = 11;  // before, scales were the second input, or an attribute
    const bool has_roi = node_.op_type() == "Resize" && graph_.model().opset() >= kRoi;
    std::vector<float> scales = numbers(has_roi ? 2 : 1);
    if (const onnx::AttributeProto* given = find_attribute(node_, "scales"); given != nullptr)
      scales.assign(given->floats().begin(), given->floats().end());
    std::vector<std::int64_t> sizes = has_roi ? list("", 3) : std::vector<std::int64_t>();
    const std::vector<std::int64_t> axes = ints_attribute(node_, "axes", {});
    for (std::size_t i = 0; i < std::max(scales.size(), sizes.size()); ++i) {
      const std::size_t axis = normal_axis(i < axes.size() ? axes[i] : static_cast<std::int64_t>(i), rank(0));
      if (axis != batch(0)) continue;
      demand(i >= scales.size() || scales[i] == 1);
      if (i >= sizes.size()) continue;
      demand(sizes[i] == images_ * dims(0)[batch(0)]);
      sizes[i] = dims(0)[batch(0)];
    }
    if (!sizes.empty()) replace(3, sizes);
    return batch(0);
  }

  /// Elements stay where they are: as many of them lie between two images as before.
  std::size_t view() {
    std::vector<OfficialInput> inputs(node_.input_size());
    for (int i = 0; i < node_.input_size(); ++i) {
      if (!has(i)) continue;
      inputs[i] = official_input(value(i).type, graph_.whole_dims(value(i)));
      if (i > 0) set_data(inputs[i], numbers(i));
    }
    std::vector<onnx::TypeProto> types;
    try {
      types = official_types(node_, graph_.model().opset(), inputs);
    } catch (const std::exception& error) {
      graph_.model().fail(node_, error.what());
    }
    Dims whole = extents_of(types.at(0).tensor_type());
    const std::int64_t outside = element_count(dims(0), 0, batch(0));
    demand(std::all_of(whole.begin(), whole.end(), [](std::int64_t extent) { return extent > 0; }));
    for (std::size_t d = 0; d < whole.size(); ++d) {
      if (element_count(whole, 0, d) != outside || whole[d] % images_ != 0) continue;
      whole[d] /= images_;
      for (const char* attribute : {"allowzero", "axes", "axis"})
        result_.node = without_attributes(std::move(result_.node), {attribute});
      result_.node.set_op_type("Reshape");
      replace(1, whole);
      return d;
    }
    mixes();
  }

  /// Sequences of a batch: that is the second dimension, or by `layout` the first.
  void recur() {
    const bool is_first = int_attribute(node_, "layout", 0) != 0;
    const std::size_t outer = is_first ? 0 : 1;
    constexpr int kState = 5, kCell = 6;
    for (int i = 0; i < node_.input_size(); ++i) {
      const std::optional<std::size_t> own = find_batch(i);
      demand(!own || ((i == 0 || i == kState || i == kCell) && *own == outer));
    }
    demand(find_batch(0).has_value());
    result_.batch.assign(node_.output_size(), outer);
    result_.batch[0] = is_first ? 0 : 2;  // after steps and directions
  }

  const OnnxGraph& graph_;
  const NodeProto& node_;
  const std::int64_t images_;
  NodeForOne result_;
};

bool same(const HostTensor& whole, const OnnxValue& one) {
  return whole.dims == one.dims && whole.values == one.constant;
}

}  // namespace

NodeForOne for_one_image(const OnnxGraph& graph, const NodeProto& node) {
  try {
    return Rules(graph, node).run();
  } catch (const OnnxError&) {
    throw;
  } catch (const std::invalid_argument& error) {
    graph.model().fail(node, error.what());
  }
}

void fail_of_batch(const OnnxModel& model, const NodeProto& node) {
  model.fail(node,
             fmt::format("mixes, or may mix, the {} images of the file's fixed batch; "
                         "accepted: nodes that treat them one by one, or a file whose batch is 1 or open",
                         model.fixed_batch()));
}

Dims OnnxGraph::whole_dims(const OnnxValue& value) const {
  if (value.whole) return value.whole->dims;
  Dims dims = value.dims;
  if (value.tensor >= 0 && value.batch < dims.size()) dims[value.batch] *= model_.fixed_batch();
  return dims;
}

// Extents, and what is computed of extents alone.
std::vector<OnnxValue> OnnxGraph::import_for_all(const NodeProto& node) {
  std::map<std::string, OnnxValue> ours;
  for (const std::string& name : node.input()) {
    const auto found = values_.find(name);
    if (found == values_.end() || !ours.emplace(name, found->second).second) continue;
    OnnxValue& value = found->second;
    value.dims = whole_dims(value);
    if (value.whole) value.constant = value.whole->values;
    value.whole.reset();
  }
  infer(node);
  import_(*this, node);
  for (auto& [name, value] : ours) values_[name] = std::move(value);
  std::vector<OnnxValue> results;
  for (const std::string& name : node.output()) results.push_back(values_[name]);
  return results;
}

void OnnxGraph::import_for_one(const NodeProto& node) {
  static const std::set<std::string> asks_extents = {"Shape", "Size"}, has_graphs = {"If", "Loop", "Scan"};
  bool reads_images = false, reads_extents = false;
  for (const std::string& name : names_read(node)) {
    const OnnxValue* value = find(name);
    reads_images = reads_images || (value != nullptr && value->tensor >= 0);
    reads_extents = reads_extents || (value != nullptr && value->whole);
  }
  const bool has_graph = has_graphs.count(node.op_type()) != 0;
  const bool is_choice = node.op_type() == "If" && is_constant(node, 0) && !value(node, 0).whole;
  if (has_graph && !is_choice && (reads_images || reads_extents)) fail_of_batch(model_, node);
  std::vector<std::size_t> batch;
  std::vector<OnnxValue> all;
  if (has_graph || (!reads_images && !reads_extents)) {
    infer(node);
    import_(*this, node);
  } else if (!reads_images || asks_extents.count(node.op_type()) != 0) {
    all = import_for_all(node);
    infer(node);
    import_(*this, node);
  } else {
    NodeForOne one = for_one_image(*this, node);
    for (auto& [name, constant] : one.constants) values_[name] = std::move(constant);
    infer(one.node);
    import_(*this, one.node);
    batch = std::move(one.batch);
  }
  for (int i = 0; i < node.output_size(); ++i) {
    const auto found = values_.find(node.output(i));
    if (found == values_.end() || node.output(i).empty()) continue;
    OnnxValue& value = found->second;
    if (!batch.empty()) value.batch = batch[i];
    if (!all.empty() && all[i].tensor < 0) {
      HostTensor whole(all[i].dims, all[i].constant);
      if (!same(whole, value)) value.whole = std::move(whole);
    }
    model_.check_declared(node, node.output(i), whole_dims(value));
  }
}

}  // namespace bitbalance::onnx_io
