// A mapping of one's own: read, and tried on a network.
#include "hw/compiler/mapper.h"
#include "testbench/scenario/scenario.h"
#include "testbench/scenario/settings/settings_writer.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/scratch_file.h"
#include "tests/support/random/random_case.h"

namespace bitbalance::fuzz {
namespace {

class MappingTarget : public FuzzTarget {
 public:
  std::vector<std::string> seeds() override {
    MappingSettings mapping;
    for (const MappedProgram& segment : build_segments(case_.network, case_.config, options_of(mapping)))
      mapping.layers.insert(mapping.layers.end(), segment.mappings.begin(), segment.mappings.end());
    return {to_yaml(mapping),
            "layers:\n- {layer: " + mapping.layers.front().layer + ", order: weights_outer}\n"};
  }

  std::vector<std::string> words() const override {
    return {"- ",        "{",        "}",          "layer: ",           "rows: ",
            "columns: ", "images: ", "channels: ", "output_channels: ", "conv_groups: ",
            "0"};
  }

  void read(const std::string& bytes) override {
    static const std::string scenario = std::string(BITBALANCE_SOURCE_DIR) + "/scenarios/lenet.yaml";
    const std::string include = "mapping.include=" + yaml_quoted(file_.with(bytes).string());
    const MappingSettings mapping = load_scenario(scenario, {{include, "--mapping"}}).mapping;
    build_segments(case_.network, case_.config, options_of(mapping));
  }

 private:
  MapperOptions options_of(const MappingSettings& mapping) const {
    MapperOptions options;
    options.batch = case_.mapped.program.batch;
    options.barrier = mapping.barrier;
    options.fuse_pooling = mapping.fuse_pooling;
    options.mappings = mapping.layers;
    return options;
  }

  ScratchFile file_{"mapping.yaml"};
  test::RandomCase case_ = test::make_random_case(7);
};

}  // namespace

std::unique_ptr<FuzzTarget> make_target() {
  return std::make_unique<MappingTarget>();
}

}  // namespace bitbalance::fuzz
