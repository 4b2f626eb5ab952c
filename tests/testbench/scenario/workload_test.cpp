// What a run's images become: numbers of the type that the model's file gives its input.
#include "testbench/scenario/workload.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "quant/eval/images/array_file.h"
#include "quant/ir/file/quantized_file.h"
#include "tests/quant/onnx/onnx_builder.h"
#include "tests/testbench/scenario/scenario_file.h"

namespace bitbalance::test {
namespace {

/// A model of four elements of a type, whose result are these negated.
struct NegatingModel {
  ScenarioFile file{""};

  explicit NegatingModel(int type, const std::string& images) {
    OnnxBuilder model({1, 4});
    declare(*model.graph().mutable_input(0), "x", type);
    model.cast("x", "numbers", onnx::TensorProto::FLOAT).node("Neg", {"numbers"}, "y");
    file.folder.write("net.onnx", model.model().SerializeAsString());
    file.folder.write("images.idx", images);
  }

  std::vector<float> image(const std::vector<std::string>& settings = {}) const {
    return load_samples(file.load(settings)).images.at(0);
  }
  /// What the accelerator is given, and the scale of it.
  std::pair<Plane, double> integers() const {
    const Workload workload = prepare_workload(file.load(), [](double) {});
    return {workload.images.at(0), workload.network.tensors[workload.network.input].scale};
  }
};

/// IDX: one image of the bytes.
std::string bytes_file(const std::vector<int>& bytes) {
  std::string text = {0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, static_cast<char>(bytes.size())};
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

TEST_CASE("bytes are what they are for a model of integers, and shares of 255 for one of real numbers") {
  const std::string bytes = bytes_file({0, 20, 51, 255});
  for (const int type : {onnx::TensorProto::UINT8, onnx::TensorProto::INT32, onnx::TensorProto::INT64}) {
    CAPTURE(type);
    const NegatingModel model(type, bytes);
    CHECK(model.image() == std::vector<float>{0, 20, 51, 255});
    CHECK(model.image({"network.pixel_mean=[128]", "network.pixel_deviation=[2]"}) ==
          std::vector<float>{-64, -54, -38.5F, 63.5F});
  }
  const NegatingModel real(onnx::TensorProto::FLOAT16, bytes);
  CHECK(real.image() == std::vector<float>{0, 20 / 255.0F, 0.2F, 1});
}

TEST_CASE("numbers that are no bytes are what they are whatever the model's type") {
  const std::string numbers = to_npy({1, 4}, {0, 0.5F, 3, 200});
  for (const int type : {onnx::TensorProto::UINT8, onnx::TensorProto::FLOAT})
    CHECK(NegatingModel(type, numbers).image() == std::vector<float>{0, 0.5F, 3, 200});
}

TEST_CASE("synthetic images of a model of bytes are bytes") {
  const auto synthetic = [](int type) {
    const NegatingModel model(type, "");
    model.file.folder.write("s.yaml", "network: {model: net.onnx}\n");
    return model.image();
  };
  std::vector<float> shares = synthetic(onnx::TensorProto::FLOAT);
  for (float& share : shares) share = std::round(share * 255);
  CHECK(synthetic(onnx::TensorProto::UINT8) == shares);
}

TEST_CASE("a quantized file says that its network takes integers") {
  const NegatingModel model(onnx::TensorProto::UINT8, bytes_file({0, 20, 51, 255}));
  const auto made = model.integers();
  model.file.folder.write("q.cbor", to_cbor(prepare_workload(model.file.load(), [](double) {}).network));
  model.file.folder.write("s.yaml", "network: {quantized: q.cbor, images: images.idx}\n");
  CHECK(model.integers() == made);
}

}  // namespace
}  // namespace bitbalance::test
