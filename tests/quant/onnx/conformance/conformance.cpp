#include "tests/quant/onnx/conformance/conformance.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <stdexcept>

#include "quant/eval/evaluator.h"
#include "quant/onnx/export.h"
#include "quant/onnx/file/tensor_data.h"
#include "quant/onnx/import.h"

namespace bitbalance::test {
namespace {

using Outcome = ConformanceResult::Outcome;
using Dims = std::vector<std::int64_t>;

/// What is wrong with a test before the importer sees it.
class Unsuitable : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

struct Values {
  Dims dims;
  std::vector<float> elements;
};

template <typename Message>
Message parse(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  Message message;
  if (!message.ParseFromIstream(&stream)) throw Unsuitable("not a tensor");
  return message;
}

std::int64_t product(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

template <typename T, typename Field>
std::vector<float> elements_of(const onnx::TensorProto& tensor, const Field& field) {
  if (!tensor.has_raw_data()) return {field.begin(), field.end()};
  std::vector<T> values(tensor.raw_data().size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensor.raw_data().data(), values.size() * sizeof(T));
  return {values.begin(), values.end()};
}

bool is_float(const onnx::TensorProto& tensor) {
  return tensor.data_type() == onnx::TensorProto::FLOAT;
}

/// Tests in double precision serve in single precision as well.
void make_single(onnx::TensorProto& tensor) {
  if (tensor.data_type() != onnx::TensorProto::DOUBLE) return;
  const std::vector<float> values = elements_of<double>(tensor, tensor.double_data());
  tensor.clear_raw_data();
  tensor.clear_double_data();
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const float value : values) tensor.add_float_data(value);
}

/// Not where the conversion is what is tested.
bool make_single(onnx::ModelProto& model) {
  onnx::GraphProto& graph = *model.mutable_graph();
  const auto casts = [](const onnx::NodeProto& node) { return node.op_type() == "Cast"; };
  if (std::any_of(graph.node().begin(), graph.node().end(), casts)) return false;
  const auto declare = [](onnx::ValueInfoProto& value) {
    onnx::TypeProto_Tensor& type = *value.mutable_type()->mutable_tensor_type();
    if (type.elem_type() == onnx::TensorProto::DOUBLE) type.set_elem_type(onnx::TensorProto::FLOAT);
  };
  for (onnx::ValueInfoProto& value : *graph.mutable_input())
    if (value.type().has_tensor_type()) declare(value);
  for (onnx::ValueInfoProto& value : *graph.mutable_output())
    if (value.type().has_tensor_type()) declare(value);
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) make_single(tensor);
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute())
      if (attribute.has_t()) make_single(*attribute.mutable_t());
  }
  return true;
}

Values values_of(const onnx::TensorProto& tensor) {
  try {
    HostTensor read = onnx_io::read_tensor(tensor, {});
    return {std::move(read.dims), std::move(read.values)};
  } catch (const std::invalid_argument& problem) {
    throw Unsuitable(fmt::format("tensor '{}': {}", tensor.name(), problem.what()));
  }
}

/// ONNX's tests store BFLOAT16 as UINT16.
void set_declared_type(onnx::TensorProto& tensor, const onnx::ValueInfoProto& declared) {
  const int type = declared.type().tensor_type().elem_type();
  if (type == onnx::TensorProto::BFLOAT16) tensor.set_data_type(type);
}

void set_dims(onnx::ValueInfoProto& value, const Dims& dims) {
  auto& shape = *value.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.Clear();
  for (const std::int64_t dim : dims) {
    auto& added = *shape.add_dim();
    if (dim >= 0) added.set_dim_value(dim);
  }
}

bool is_no_layer(const std::string& op) {
  static const std::set<std::string> names = {"Cast",    "Dropout", "Flatten",  "Identity",
                                              "Reshape", "Squeeze", "Unsqueeze"};
  return names.count(op) != 0;
}

/// All inputs of these are activations; of others the first alone.
bool takes_activations(const std::string& op) {
  static const std::set<std::string> names = {"Add",  "Concat", "Div", "Equal", "Greater",
                                              "Less", "MatMul", "Max", "Mean",  "Min",
                                              "Mul",  "PRelu",  "Pow", "Sub",   "Sum"};
  return names.count(op) != 0;
}

/// Layers of the accelerator take one image at a time.
bool takes_images(const std::string& op) {
  static const std::set<std::string> names = {"AveragePool",       "BatchNormalization", "Conv",
                                              "GlobalAveragePool", "GlobalMaxPool",      "MaxPool"};
  return names.count(op) != 0;
}

/// One test: a model with inputs and expected outputs.
class ConformanceTest {
 public:
  explicit ConformanceTest(const std::filesystem::path& folder)
      : folder_(folder), model_(parse<onnx::ModelProto>(folder / "model.onnx")) {}

  std::set<std::string> operators() const {
    std::set<std::string> names;
    for (const onnx::NodeProto& node : model_.graph().node()) {
      const bool is_standard = node.domain().empty() || node.domain() == "ai.onnx";
      names.insert(is_standard ? node.op_type() : node.domain() + "." + node.op_type());
    }
    return names;
  }

  /// Fills all of the result but name and operators.
  void run(ConformanceResult& result) {
    Network network;
    try {
      is_single_ = make_single(model_);
      read_tensors();
      adapt();
      network = import(model_.SerializeAsString());
    } catch (const std::invalid_argument& refusal) {
      result.outcome = Outcome::kRefused;
      result.reason = refusal.what();
      return;
    }
    for (const Node& node : network.nodes)
      for (const HostOperator& step : node.host.steps) result.on_host.insert(step.type);
    const std::vector<float> found = evaluate(network);
    result.reason = first_difference(found, expected_.elements);
    if (!result.reason.empty()) {
      result.outcome = Outcome::kFailed;
      return;
    }
    try {
      result.export_loss = first_difference(evaluate(import(to_onnx(network))), found);
    } catch (const std::invalid_argument& refusal) {
      result.export_loss = refusal.what();
    }
  }

 private:
  static constexpr float kRelative = 1e-5F;
  static constexpr float kAbsolute = 1e-6F;

  void read_tensors() {
    const std::filesystem::path data = folder_ / "test_data_set_0";
    onnx::GraphProto& graph = *model_.mutable_graph();
    const bool is_split = graph.node(0).op_type() == "Split";
    while (graph.output_size() > 1 && !is_split) graph.mutable_output()->RemoveLast();
    std::set<std::string> initialized;
    for (const onnx::TensorProto& tensor : graph.initializer()) initialized.insert(tensor.name());
    int number = 0;
    for (const onnx::ValueInfoProto& input : graph.input()) {
      if (initialized.count(input.name()) != 0) continue;
      if (!input.type().has_tensor_type()) throw Unsuitable("an input that is no tensor; accepted: tensors");
      tensors_.push_back(parse<onnx::TensorProto>(data / fmt::format("input_{}.pb", number++)));
      if (is_single_) make_single(tensors_.back());
      tensors_.back().set_name(input.name());
      set_declared_type(tensors_.back(), input);
    }
    for (int i = 0; i < graph.output_size(); ++i) {
      if (!graph.output(i).type().has_tensor_type())
        throw Unsuitable("an output that is no tensor; accepted: tensors");
      auto output = parse<onnx::TensorProto>(data / fmt::format("output_{}.pb", i));
      if (is_single_) make_single(output);
      set_declared_type(output, graph.output(i));
      is_float_ = is_float_ && is_float(output);
      const Values values = values_of(output);
      expected_.elements.insert(expected_.elements.end(), values.elements.begin(), values.elements.end());
      expected_.dims = values.dims;
    }
  }

  /// Rewrites model_ for the importer and fills images_.
  void adapt() {
    onnx::GraphProto& graph = *model_.mutable_graph();
    graph.clear_value_info();
    declare_operator_set();
    const std::string op = graph.node_size() == 1 ? graph.node(0).op_type() : "";
    if (!is_float_ || op == "Range" || tensors_.empty() || !is_float(tensors_[0])) {
      fold();
      return;
    }
    const auto first_other = std::find_if_not(tensors_.begin(), tensors_.end(), is_float);
    const std::size_t activations =
        takes_activations(op) ? static_cast<std::size_t>(first_other - tensors_.begin()) : 1;
    keep_inputs(activations);
    if (is_no_layer(op)) append_layer();
    join_outputs();
    std::vector<Values> values;
    for (std::size_t i = 0; i < activations; ++i) values.push_back(values_of(tensors_[i]));
    split_batch(values);
    if (activations > 1) {
      stack(values);
    } else {
      set_dims(*graph.mutable_input(0), values[0].dims);
    }
    forget_extents(graph.output(0).name() == "joined" ? 1 : expected_.dims.size());
  }

  /// The importer computes what consists of constants: all inputs become some, and what comes out is added to
  /// a zero, the only input.
  void fold() {
    keep_inputs(0);
    onnx::GraphProto& graph = *model_.mutable_graph();
    if (graph.output_size() != 1)
      throw Unsuitable(fmt::format("has {} outputs; accepted: one", graph.output_size()));
    onnx::ValueInfoProto& zero = *graph.add_input();
    zero.set_name("zero");
    zero.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    set_dims(zero, {1});
    onnx::AttributeProto& to = *append("Cast", {graph.output(0).name()}, "zero_real").add_attribute();
    to.set_name("to");
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(onnx::TensorProto::FLOAT);
    append("Add", {"zero", "zero_real"}, "zero_sum");
    graph.mutable_output(0)->set_name("zero_sum");
    graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    images_.push_back({0});
    forget_extents(std::max<std::size_t>(1, expected_.dims.size()));
  }

  onnx::NodeProto& append(const std::string& op, const std::vector<std::string>& inputs,
                          const std::string& output) {
    onnx::NodeProto& node = *model_.mutable_graph()->add_node();
    node.set_op_type(op);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }

  std::string add_integers(const std::string& name, const Dims& values) {
    onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return name;
  }

  static void set_attribute(onnx::NodeProto& node, const char* name, const Dims& values,
                            bool is_list = true) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(is_list ? onnx::AttributeProto::INTS : onnx::AttributeProto::INT);
    if (!is_list) attribute.set_i(values[0]);
    for (std::size_t i = 0; is_list && i < values.size(); ++i) attribute.add_ints(values[i]);
  }

  /// Extents of the result may change with those of the input, its rank stays.
  void forget_extents(std::size_t rank) {
    set_dims(*model_.mutable_graph()->mutable_output(0), Dims(rank, -1));
  }

  /// One output with the elements of all.
  void join_outputs() {
    onnx::GraphProto& graph = *model_.mutable_graph();
    if (graph.output_size() < 2) return;
    std::vector<std::string> parts;
    add_integers("all_elements", {-1});
    for (const onnx::ValueInfoProto& output : graph.output()) {
      parts.push_back(output.name() + "_flat");
      append("Reshape", {output.name(), "all_elements"}, parts.back());
    }
    set_attribute(append("Concat", parts, "joined"), "axis", {0}, false);
    onnx::ValueInfoProto joined = graph.output(0);
    joined.set_name("joined");
    graph.clear_output();
    *graph.add_output() = joined;
  }

  void declare_operator_set() {
    constexpr std::int64_t kFirst = 7;
    constexpr std::int64_t kInitializersAlone = 4;  // before, constants had to be inputs too
    model_.set_ir_version(std::max<std::int64_t>(model_.ir_version(), kInitializersAlone));
    for (onnx::OperatorSetIdProto& set : *model_.mutable_opset_import()) {
      if (!set.domain().empty() || set.version() >= kFirst) continue;
      set.set_version(kFirst);
      for (onnx::NodeProto& node : *model_.mutable_graph()->mutable_node()) {
        auto& attributes = *node.mutable_attribute();
        attributes.erase(std::remove_if(attributes.begin(), attributes.end(),
                                        [](const onnx::AttributeProto& a) {
                                          return (a.name() == "is_test" || a.name() == "broadcast") &&
                                                 a.i() == 1;
                                        }),
                         attributes.end());
      }
    }
  }

  void append_layer() {
    onnx::GraphProto& graph = *model_.mutable_graph();
    if (graph.output_size() != 1) return;
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type("Clip");
    node.add_input(graph.output(0).name());
    node.add_output("layer");
    graph.mutable_output(0)->set_name("layer");
  }

  /// Leaves the first `activations` graph inputs; the others become constants.
  void keep_inputs(std::size_t activations) {
    onnx::GraphProto& graph = *model_.mutable_graph();
    std::map<std::string, onnx::ValueInfoProto> declared;
    for (const onnx::ValueInfoProto& input : graph.input()) declared[input.name()] = input;
    graph.clear_input();
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      if (i < activations) {
        *graph.add_input() = declared[tensors_[i].name()];
      } else {
        *graph.add_initializer() = tensors_[i];
      }
    }
  }

  /// N images of batch 1, where the result is a batch of N too and the accelerator has a part in it.
  void split_batch(std::vector<Values>& values) {
    const auto& nodes = model_.graph().node();
    const bool has_images = std::any_of(
        nodes.begin(), nodes.end(), [](const onnx::NodeProto& node) { return takes_images(node.op_type()); });
    const bool rank = !values[0].dims.empty() && !expected_.dims.empty();
    const std::int64_t batch =
        has_images && rank && values[0].dims[0] == expected_.dims[0] ? expected_.dims[0] : 1;
    for (std::int64_t n = 0; n < batch; ++n) {
      std::vector<float>& image = images_.emplace_back();
      for (const Values& v : values) {
        const std::int64_t size = product(v.dims) / batch;
        image.insert(image.end(), v.elements.begin() + n * size, v.elements.begin() + (n + 1) * size);
      }
    }
    if (batch > 1)
      for (Values& v : values) v.dims[0] = 1;
  }

  /// One input with the elements of all; slices take them apart.
  void stack(const std::vector<Values>& values) {
    onnx::GraphProto& graph = *model_.mutable_graph();
    const onnx::NodeProto tested = graph.node(0);
    graph.clear_node();
    std::int64_t first = 0;
    for (int i = 0; i < graph.input_size(); ++i) {
      const std::string name = graph.input(i).name(), part = name + "_part";
      const std::int64_t end = first + product(values[i].dims);
      constexpr std::int64_t kSliceTakesInputs = 10;
      if (model_.opset_import(0).version() < kSliceTakesInputs) {
        onnx::NodeProto& slice = append("Slice", {"stacked"}, part);
        set_attribute(slice, "starts", {first});
        set_attribute(slice, "ends", {end});
      } else {
        append("Slice", {"stacked", add_integers(name + "_from", {first}), add_integers(name + "_to", {end})},
               part);
      }
      append("Reshape", {part, add_integers(name + "_dims", values[i].dims)}, name);
      first = end;
    }
    *graph.add_node() = tested;
    onnx::ValueInfoProto input = graph.input(0);
    input.set_name("stacked");
    set_dims(input, {first});
    graph.clear_input();
    *graph.add_input() = input;
  }

  static Network import(const std::string& bytes) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("conformance-{}.onnx", ::getpid());
    std::ofstream(file, std::ios::binary) << bytes;
    try {
      Network network = import_onnx(file);
      std::filesystem::remove(file);
      return network;
    } catch (const std::invalid_argument& refusal) {
      std::filesystem::remove(file);
      throw Unsuitable(std::string(refusal.what()).substr(file.string().size() + 2));
    }
  }

  std::vector<float> evaluate(const Network& network) const {
    Evaluator evaluator(network);
    std::vector<float> found;
    for (const std::vector<float>& image : images_) {
      const std::vector<float>& result = evaluator.run(image);
      found.insert(found.end(), result.begin(), result.end());
    }
    return found;
  }

  std::string first_difference(const std::vector<float>& found, const std::vector<float>& expected) const {
    // Window functions are expected with pi = 3.1415, samples with four digits; ONNX itself compares all its
    // tests to 1e-3.
    const std::string test = folder_.filename().string();
    const std::vector<std::string> rough = {"window", "gridsample", "roialign"};
    const bool is_rough = std::any_of(rough.begin(), rough.end(), [&](const std::string& kind) {
      return test.find(kind) != std::string::npos;
    });
    const float relative = is_rough ? 1e-3F : kRelative;
    if (found.size() != expected.size())
      return fmt::format("{} elements, expected {}", found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      const bool same = found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i]));
      if (!same && !(std::abs(found[i] - expected[i]) <= kAbsolute + relative * std::abs(expected[i])))
        return fmt::format("element {} is {}, expected {}", i, found[i], expected[i]);
    }
    return "";
  }

  std::filesystem::path folder_;
  onnx::ModelProto model_;
  std::vector<onnx::TensorProto> tensors_;  ///< inputs without initializers
  Values expected_;                         ///< of all outputs; the extents are the last one's
  bool is_float_ = true;                    ///< are all outputs?
  bool is_single_ = true;                   ///< has double precision become single?
  std::vector<std::vector<float>> images_;
};

}  // namespace

std::vector<ConformanceResult> run_conformance(const std::filesystem::path& data) {
  const std::set<std::string> claimed = onnx_operators();
  std::vector<ConformanceResult> results;
  for (const char* suite : {"node", "pytorch-operator", "pytorch-converted"}) {
    std::vector<std::filesystem::path> folders;
    for (const auto& entry : std::filesystem::directory_iterator(data / suite))
      folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const std::filesystem::path& folder : folders) {
      ConformanceTest test(folder);
      ConformanceResult result;
      result.operators = test.operators();
      if (result.operators.empty() ||
          !std::includes(claimed.begin(), claimed.end(), result.operators.begin(), result.operators.end()))
        continue;
      result.test = fmt::format("{}/{}", suite, folder.filename().string());
      test.run(result);
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace bitbalance::test
