#include "tests/quant/conformance.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>
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

#include "quant/evaluator.h"
#include "quant/onnx_import.h"

namespace bitbalance {
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

Values floats_of(const onnx::TensorProto& tensor) {
  if (tensor.data_type() != onnx::TensorProto::FLOAT) {
    throw Unsuitable(fmt::format(
        "tensor '{}': element type is {}; accepted: FLOAT", tensor.name(),
        onnx::TensorProto_DataType_Name(static_cast<onnx::TensorProto_DataType>(tensor.data_type()))));
  }
  Values values;
  values.dims.assign(tensor.dims().begin(), tensor.dims().end());
  if (tensor.has_raw_data()) {
    values.elements.resize(tensor.raw_data().size() / sizeof(float));
    std::memcpy(values.elements.data(), tensor.raw_data().data(), tensor.raw_data().size());
  } else {
    values.elements.assign(tensor.float_data().begin(), tensor.float_data().end());
  }
  if (static_cast<std::int64_t>(values.elements.size()) != product(values.dims))
    throw Unsuitable("not a tensor");
  return values;
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
  return op == "Dropout" || op == "Flatten" || op == "Identity" || op == "Reshape";
}

bool is_elementwise(const std::string& op) {
  return op == "Add" || op == "Clip" || op == "Dropout" || op == "Identity" || op == "Relu";
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

  /// Throws std::invalid_argument with the reason when the test cannot be run; returns the first wrong
  /// element, or nothing.
  std::string run() {
    read_tensors();
    adapt();
    const Network network = import();
    Evaluator evaluator(network);
    std::vector<float> found;
    for (const std::vector<float>& image : images_) {
      const std::vector<float>& result = evaluator.run(image);
      found.insert(found.end(), result.begin(), result.end());
    }
    return first_difference(found);
  }

 private:
  static constexpr float kRelative = 1e-5F;
  static constexpr float kAbsolute = 1e-6F;

  void read_tensors() {
    const std::filesystem::path data = folder_ / "test_data_set_0";
    onnx::GraphProto& graph = *model_.mutable_graph();
    std::set<std::string> initialized;
    for (const onnx::TensorProto& tensor : graph.initializer()) initialized.insert(tensor.name());
    int number = 0;
    for (const onnx::ValueInfoProto& input : graph.input()) {
      if (initialized.count(input.name()) != 0) continue;
      if (!input.type().has_tensor_type()) throw Unsuitable("an input that is no tensor; accepted: tensors");
      tensors_.push_back(parse<onnx::TensorProto>(data / fmt::format("input_{}.pb", number++)));
      tensors_.back().set_name(input.name());
    }
    const bool has_output = graph.output_size() == 1 && graph.output(0).type().has_tensor_type();
    if (has_output) expected_ = floats_of(parse<onnx::TensorProto>(data / "output_0.pb"));
  }

  /// Rewrites model_ for the importer and fills images_.
  void adapt() {
    onnx::GraphProto& graph = *model_.mutable_graph();
    graph.clear_value_info();
    const std::string op = graph.node_size() == 1 ? graph.node(0).op_type() : "";
    const bool equal_dims = std::all_of(tensors_.begin(), tensors_.end(), [&](const onnx::TensorProto& t) {
      return Dims(t.dims().begin(), t.dims().end()) ==
             Dims(tensors_[0].dims().begin(), tensors_[0].dims().end());
    });
    if (op == "Concat" && axis() < 0) set_axis(axis() + tensors_[0].dims_size());
    const bool stacks = tensors_.size() > 1 && (op == "Concat" || (op == "Add" && equal_dims));
    const std::size_t activations = stacks ? tensors_.size() : std::min<std::size_t>(1, tensors_.size());
    keep_inputs(activations);
    declare_operator_set();
    if (is_no_layer(op)) append_layer();
    if (activations == 0) return;  // the importer says so

    std::vector<Values> values;
    for (std::size_t i = 0; i < activations; ++i) values.push_back(floats_of(tensors_[i]));
    Dims out = expected_.dims;
    if (is_elementwise(op) && (equal_dims || activations == 1) && values[0].dims.size() != 4 &&
        product(values[0].dims) == product(expected_.dims) && !broadcasts(op)) {
      for (Values& v : values) v.dims = {1, product(v.dims), 1, 1};
      out = values[0].dims;
    } else if (op == "Concat" && values[0].dims.size() == 3) {
      for (Values& v : values) v.dims.push_back(1);
      out.push_back(1);
    }
    if (op == "Concat" && axis() != 1)
      throw Unsuitable(fmt::format("Concat: axis is {}; accepted: 1, the channels", axis()));
    if (op == "Softmax" && out.size() == 3 && (axis() == -1 || axis() == 2)) {
      values[0].dims = out = {out[0] * out[1], out[2]};
      set_axis(-1);
    }
    split_batch(values, out);
    if (activations > 1) {
      stack(values);
    } else {
      set_dims(*graph.mutable_input(0), values[0].dims);
    }
    for (onnx::ValueInfoProto& output : *graph.mutable_output())
      if (output.type().has_tensor_type()) set_dims(output, Dims(out.size(), -1));
  }

  /// Add with a second operand that is a constant of another shape.
  bool broadcasts(const std::string& op) const {
    return op == "Add" && tensors_.size() == 2 &&
           Dims(tensors_[1].dims().begin(), tensors_[1].dims().end()) !=
               Dims(tensors_[0].dims().begin(), tensors_[0].dims().end());
  }

  /// Of the only node; -1 when it does not say.
  std::int64_t axis() const {
    for (const onnx::AttributeProto& attribute : model_.graph().node(0).attribute())
      if (attribute.name() == "axis") return attribute.i();
    return -1;
  }
  void set_axis(std::int64_t axis) {
    for (onnx::AttributeProto& attribute : *model_.mutable_graph()->mutable_node(0)->mutable_attribute())
      if (attribute.name() == "axis") attribute.set_i(axis);
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

  /// N images of batch 1, where the result is a batch of N too.
  void split_batch(std::vector<Values>& values, const Dims& out) {
    const bool rank = !values[0].dims.empty() && !out.empty();
    const std::int64_t batch = rank && values[0].dims[0] == out[0] ? out[0] : 1;
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

  /// One input with the channels of all; 1x1 convolutions (products for two dimensions) take them apart.
  void stack(const std::vector<Values>& values) {
    onnx::GraphProto& graph = *model_.mutable_graph();
    Dims dims = values[0].dims;
    if (dims.size() != 2 && dims.size() != 4)
      throw Unsuitable(fmt::format("inputs of {} dimensions; accepted: 2, 4", dims.size()));
    dims[1] = 0;
    for (const Values& v : values) dims[1] += v.dims[1];
    onnx::NodeProto tested = graph.node(0);
    graph.clear_node();
    std::int64_t first = 0;
    for (int i = 0; i < graph.input_size(); ++i) {
      const std::int64_t channels = values[i].dims[1];
      onnx::TensorProto& selection = *graph.add_initializer();
      selection.set_name(fmt::format("selection_{}", i));
      selection.set_data_type(onnx::TensorProto::FLOAT);
      const bool is_conv = dims.size() == 4;  // [channels][stacked][1][1]; MatMul: [stacked][channels]
      selection.add_dims(is_conv ? channels : dims[1]);
      selection.add_dims(is_conv ? dims[1] : channels);
      for (std::size_t d = 2; d < dims.size(); ++d) selection.add_dims(1);
      for (std::int64_t row = 0; row < selection.dims(0); ++row) {
        for (std::int64_t column = 0; column < selection.dims(1); ++column) {
          const bool selects = is_conv ? column == first + row : row == first + column;
          selection.add_float_data(selects ? 1.0F : 0.0F);
        }
      }
      first += channels;
      onnx::NodeProto& node = *graph.add_node();
      node.set_op_type(is_conv ? "Conv" : "MatMul");
      node.add_input("stacked");
      node.add_input(selection.name());
      node.add_output(graph.input(i).name());
    }
    *graph.add_node() = tested;
    onnx::ValueInfoProto input = graph.input(0);
    input.set_name("stacked");
    set_dims(input, dims);
    graph.clear_input();
    *graph.add_input() = input;
  }

  Network import() const {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("conformance-{}.onnx", ::getpid());
    {
      std::ofstream stream(file, std::ios::binary);
      model_.SerializeToOstream(&stream);
    }
    try {
      Network network = import_onnx(file);
      std::filesystem::remove(file);
      return network;
    } catch (const std::invalid_argument& refusal) {
      std::filesystem::remove(file);
      throw Unsuitable(std::string(refusal.what()).substr(file.string().size() + 2));
    }
  }

  std::string first_difference(const std::vector<float>& found) const {
    const std::vector<float>& expected = expected_.elements;
    if (found.size() != expected.size())
      return fmt::format("{} elements, expected {}", found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!(std::abs(found[i] - expected[i]) <= kAbsolute + kRelative * std::abs(expected[i])))
        return fmt::format("element {} is {}, expected {}", i, found[i], expected[i]);
    }
    return "";
  }

  std::filesystem::path folder_;
  onnx::ModelProto model_;
  std::vector<onnx::TensorProto> tensors_;  ///< inputs without initializers
  Values expected_;
  std::vector<std::vector<float>> images_;
};

/// "a | b" would end a cell of a table.
std::string cell(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

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
      try {
        result.reason = test.run();
        if (!result.reason.empty()) result.outcome = Outcome::kFailed;
      } catch (const std::invalid_argument& refusal) {
        result.outcome = Outcome::kRefused;
        result.reason = refusal.what();
      }
      results.push_back(std::move(result));
    }
  }
  return results;
}

std::string onnx_page(const std::vector<ConformanceResult>& results) {
  std::string page = R"(# ONNX

Generated by `onnx_conformance` (tests/quant/onnx_page_main.cpp); a test compares. What the importer (`quant/onnx_import.h`) makes
of ONNX's own operator tests, as Debian's `libonnx-testdata` 1.12 ships them: those of `node`, `pytorch-operator` and
`pytorch-converted` that use nothing but claimed operators. A test *passes* when every element of the float evaluator's result is
within 1e-5 relative and 1e-6 absolute of the expected one; it is *refused* when the importer says no, with one line why. None may
fail. How a test with a batch, several inputs or another rank becomes a model for the importer is said in `tests/quant/conformance.h`.

## Claimed operators

| operator | tests | passed | refused | failed |
|---|---:|---:|---:|---:|
)";
  const auto row = [&](const std::string& name, const std::function<bool(const ConformanceResult&)>& chosen) {
    std::map<Outcome, int> counts;
    for (const ConformanceResult& result : results)
      if (chosen(result)) ++counts[result.outcome];
    const int passed = counts[Outcome::kPassed], refused = counts[Outcome::kRefused],
              failed = counts[Outcome::kFailed];
    page +=
        fmt::format("| {} | {} | {} | {} | {} |\n", name, passed + refused + failed, passed, refused, failed);
  };
  for (const std::string& name : onnx_operators())
    row(name, [&](const ConformanceResult& result) { return result.operators.count(name) != 0; });
  row("all", [](const ConformanceResult&) { return true; });

  page +=
      "\nA test of several operators counts at each of them.\n\n## Refused tests\n\n| test | reason "
      "|\n|---|---|\n";
  for (const ConformanceResult& result : results) {
    if (result.outcome != Outcome::kPassed) {
      page += fmt::format("| {} | {}{} |\n", result.test,
                          result.outcome == Outcome::kFailed ? "FAILED: " : "", cell(result.reason));
    }
  }
  std::set<std::string> others;
  const std::set<std::string> claimed = onnx_operators();
  for (const onnx::OpSchema& schema : onnx::OpSchemaRegistry::get_all_schemas()) {
    if (schema.domain().empty() && !schema.deprecated() && claimed.count(schema.Name()) == 0)
      others.insert(schema.Name());
  }
  page += fmt::format("\n## Operators that are not supported\n\n{}.\n", fmt::join(others, ", "));
  return page;
}

}  // namespace bitbalance
