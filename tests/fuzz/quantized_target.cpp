// quantized.cbor: read, evaluated, and mapped.
#include <algorithm>

#include "hw/compiler/mapper.h"
#include "quant/eval/evaluator.h"
#include "quant/eval/integer_evaluator.h"
#include "quant/ir/file/quantized_file.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/quantizer.h"
#include "tests/fuzz/cbor_damage.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/quant/ir/network_builder.h"
#include "tests/support/random/random_case.h"

namespace bitbalance::fuzz {
namespace {

/// Convolutions, poolings, an addition, a concatenation, and layers on the host.
QuantizedNetwork network_with_host_layers() {
  NetworkBuilder b({2, 6, 6});
  const int first = b.conv("first", 0, 4, square_window(3, 1, 1), random_values(72, 1), random_values(4, 2));
  const int lrn = b.lrn("lrn", b.relu("act", first), {3, 0.125F, 0.5F, 2.0F});
  const int both = b.concat("both", {b.conv("left", lrn, 2, square_window(1), random_values(8, 3), {1, 2}),
                                     b.conv("right", lrn, 4, square_window(3, 1, 1), random_values(36, 4),
                                            random_values(4, 5), 4)});
  const int pool = b.pool("pool", Op::kAvgPool, b.add("sum", both, both), square_window(3, 2, 1));
  HostOperator resize = host_step("Resize", {1, 6, 5, 4}, {{0, {}}});
  resize.attributes.integers["sizes"] = {1, 6, 5, 4};
  HostOperator transpose = host_step("Transpose", {1, 4, 5, 6}, {{0, {}}});
  transpose.attributes.integers["perm"] = {0, 3, 2, 1};
  const int turned = b.host("turned", {b.host("resized", {pool}, resize)}, transpose);
  const Network network = b.build(b.softmax("softmax", turned));
  const auto image = synthetic_image({2, 6, 6}, 1);
  return quantize(network, calibrate(network, {image}), {});
}

class QuantizedTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    std::vector<std::string> all = {to_cbor(network_with_host_layers())};
    constexpr std::uint64_t kRandomNetworks = 12;
    for (std::uint64_t seed = 1; seed <= kRandomNetworks; ++seed)
      all.push_back(to_cbor(test::make_random_case(seed).network));
    return all;
  }

  std::string damage(std::string bytes, Random& random) override { return damage_cbor(bytes, random); }

  void read(const std::string& bytes) override {
    const QuantizedNetwork network = read_quantized(file_.with(bytes));
    std::int64_t work = 0;
    for (const QuantizedTensor& tensor : network.tensors) work += tensor.shape.elements();
    for (const QuantizedLayer& layer : network.layers) {
      const std::int64_t taps = network.tensors[layer.output].shape.elements() * layer.window.area();
      work += std::max(macs(network, layer), layer.op == LayerOp::kHost ? 0 : taps);
      if (work > kQuick) return;
    }
    const std::size_t size = network.tensors[network.input].shape.elements();
    IntegerEvaluator(network).run(std::vector<std::int32_t>(size, 1));
    AcceleratorConfig config;
    for (const QuantizedLayer& layer : network.layers)
      if (layer.op == LayerOp::kConv) config.token_form = layer.token_form;
    build_segments(network, config, {});
  }

 private:
  static constexpr std::int64_t kQuick = 1'000'000;
  ScratchFile file_{"quantized.cbor"};
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<QuantizedTarget>();
}

}  // namespace bitbalance::fuzz
