// ONNX models: imported, and evaluated where that is quick.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <filesystem>

#include "quant/eval/evaluator.h"
#include "quant/onnx/import.h"
#include "tests/fuzz/mutation.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/support/random/random_graph.h"
#include "tests/support/temporary_folder.h"

namespace bitbalance::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

/// Messages of the model, each with all within it.
void collect(Message& message, std::vector<Message*>& all) {
  all.push_back(&message);
  std::vector<const FieldDescriptor*> fields;
  const Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect(*reflection.MutableMessage(&message, field), all);
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i)
        collect(*reflection.MutableRepeatedMessage(&message, field, i), all);
    }
  }
}

class ModelDamage {
 public:
  ModelDamage(onnx::ModelProto& model, const std::vector<std::string>& words, Random& random)
      : words_(words), random_(random) {
    collect(model, messages_);
  }

  void run() {
    Message& message = *messages_[below(messages_.size(), random_)];
    const auto* const descriptor = message.GetDescriptor();
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    // Mostly a field that is there, else any that could be.
    const FieldDescriptor* const field =
        !fields.empty() && below(4, random_) != 0
            ? fields[below(fields.size(), random_)]
            : descriptor->field(
                  static_cast<int>(below(static_cast<std::size_t>(descriptor->field_count()), random_)));
    field->is_repeated() ? change_list(message, field) : change_value(message, field);
  }

 private:
  std::string any_text() {
    // A name that something else has, or a word of the format.
    const Message& other = *messages_[below(messages_.size(), random_)];
    const FieldDescriptor* const name = other.GetDescriptor()->FindFieldByName("name");
    if (name != nullptr && below(2, random_) == 0) return other.GetReflection()->GetString(other, name);
    return words_[below(words_.size(), random_)];
  }

  void change_list(Message& message, const FieldDescriptor* field) {
    const Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, field);
    const int at = static_cast<int>(below(static_cast<std::size_t>(size), random_));
    if (size > 0 && below(3, random_) == 0) {
      reflection.RemoveLast(&message, field);
    } else if (size > 1 && below(2, random_) == 0) {
      reflection.SwapElements(&message, field, at, size - 1);
    } else {
      set_or_append(message, field, at, size);
    }
  }

  void set_or_append(Message& message, const FieldDescriptor* field, int at, int size) {
    const Reflection& r = *message.GetReflection();
    const auto number = edge_number(random_);
    const bool sets = size > 0 && below(2, random_) == 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        sets ? r.SetRepeatedInt32(&message, field, at, static_cast<std::int32_t>(number))
             : r.AddInt32(&message, field, static_cast<std::int32_t>(number));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        sets ? r.SetRepeatedInt64(&message, field, at, number) : r.AddInt64(&message, field, number);
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        r.AddFloat(&message, field, static_cast<float>(number));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        sets ? r.SetRepeatedString(&message, field, at, any_text())
             : r.AddString(&message, field, any_text());
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message* const added = r.AddMessage(&message, field);
        if (size > 0) added->CopyFrom(r.GetRepeatedMessage(message, field, at));
        break;
      }
      default:
        break;
    }
  }

  void change_value(Message& message, const FieldDescriptor* field) {
    const Reflection& r = *message.GetReflection();
    const auto number = edge_number(random_);
    if (below(6, random_) == 0) {
      r.ClearField(&message, field);
      return;
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        r.SetInt32(&message, field, static_cast<std::int32_t>(number));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        r.SetInt64(&message, field, number);
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        r.SetFloat(&message, field, static_cast<float>(number));
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        r.SetEnumValue(&message, field, static_cast<int>(below(24, random_)));
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        change_text(message, field);
        break;
      default:
        break;
    }
  }

  void change_text(Message& message, const FieldDescriptor* field) {
    const Reflection& r = *message.GetReflection();
    std::string text = r.GetString(message, field);
    if (below(2, random_) == 0) {
      text = any_text();
    } else if (!text.empty()) {
      text.resize(below(2 * text.size(), random_));  // raw_data among them
    }
    r.SetString(&message, field, text);
  }

  const std::vector<std::string>& words_;
  Random& random_;
  std::vector<Message*> messages_;
};

class OnnxTarget : public FuzzTarget {
 public:
  /// Models of ONNX's own tests that this importer takes. They have no activations of a recurrent or
  /// quantized operator, and one output each: random graphs have, each beginning with another operator.
  std::vector<std::string> seeds() override {
    std::vector<std::filesystem::path> files;
    constexpr std::size_t kLargest = 16 * 1024;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(BITBALANCE_ONNX_TESTS)) {
      const std::filesystem::path file = entry.path() / "model.onnx";
      if (entry.is_directory() && std::filesystem::exists(file) &&
          std::filesystem::file_size(file) <= kLargest)
        files.push_back(file);
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> all;
    for (const auto& file : files) {
      try {
        import_onnx(file);
        all.push_back(text_of(file));
      } catch (const std::invalid_argument&) {
        continue;
      }
    }
    for (std::uint64_t seed = 0; seed < random_graph_operators().size(); ++seed)
      all.push_back(make_random_graph(seed).onnx);
    return all;
  }

  std::vector<std::string> words() const override {
    std::vector<std::string> all = {
        "axes",  "axis",       "pads",     "strides",    "dilations", "kernel_shape",
        "group", "perm",       "auto_pad", "SAME_UPPER", "mode",      "shape",
        "value", "block_size", "layout",   "direction",  "reverse",   "",
        "a\nb",  "\xff",       "x",        "y"};
    for (const std::string& name : onnx_operators()) all.push_back(name);
    return all;
  }

  std::string damage(std::string bytes, Random& random) override {
    static const std::vector<std::string> known = words();
    onnx::ModelProto model;
    if (!model.ParseFromString(bytes)) return bytes;
    ModelDamage(model, known, random).run();
    return model.SerializeAsString();
  }

  void read(const std::string& bytes) override {
    const Network network = import_onnx(file_.with(bytes));
    constexpr std::int64_t kQuick = 200'000;
    std::int64_t work = 0;
    for (const Tensor& tensor : network.tensors) work += tensor.shape.elements();
    for (const Node& node : network.nodes)
      work += static_cast<std::int64_t>(node.weights.size()) * network.shape(node.output).height *
              network.shape(node.output).width;
    if (work > kQuick) return;
    Evaluator(network).run(std::vector<float>(network.shape(network.input).elements(), 0.5F));
  }

 private:
  ScratchFile file_{"model.onnx"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<OnnxTarget>();
}

}  // namespace bitbalance::fuzz
