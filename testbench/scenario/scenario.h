// A scenario: everything that defines a run (network, accelerator, quantization, memory, technology) as
// plain, validated values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hw/compiler/mapper.h"
#include "hw/cost/technology.h"
#include "hw/isa/config.h"
#include "quant/eval/images/image_set.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/calibration.h"
#include "quant/method/quantization_options.h"
#include "quant/onnx/import_options.h"
#include "testbench/scenario/dram_settings.h"
#include "testbench/scenario/settings/rational.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::scenario {

struct NetworkSettings {
  std::string builtin;  ///< of zoo_names(); empty: `model` names a file
  ZooOptions zoo;       ///< of a builtin network
  std::filesystem::path model;
  std::filesystem::path quantized;          ///< what `bitbalance quantize` wrote: runs as it is
  std::filesystem::path images;             ///< empty: synthetic ones
  std::int64_t image_seed = 1;              ///< of synthetic images
  ImageLayout layout = ImageLayout::kNchw;  ///< of `images` and `calibration_images`
  std::string raw;                    ///< type of the numbers of files without a header; empty: none are
  int resize = 0;                     ///< of pictures: pixels of the shorter side; 0: as they are
  std::filesystem::path labels;       ///< empty: no accuracy
  std::filesystem::path class_names;  ///< that a text file of labels may use
  std::filesystem::path calibration_images;
  std::string outputs;                   ///< names of the model's, comma-separated; empty: all
  Dims input_shape;                      ///< of the model's input, batch included; empty: as the model says
  std::vector<FixedInput> fixed_inputs;  ///< of the model, beside the one that is the image
  PixelScale pixels;                     ///< what the network takes for a pixel
  std::filesystem::path texts;           ///< what the images say, instead of labels; empty: nothing to read
  std::filesystem::path dictionary;      ///< characters that the network tells apart; with texts
  int count = 0;                         ///< images to run; 0: all of the file, a batch of synthetic ones
  int batch = 1;                         ///< images of one program

  bool synthetic() const { return images.empty(); }
};

enum class MemoryKind { kIdeal, kTimed };

struct MemorySettings {
  MemoryKind model = MemoryKind::kIdeal;
  // ideal
  int latency_cycles = 50;
  Rational bytes_per_cycle{64, 5};  ///< per channel; counts if bytes_per_second does not
  double bytes_per_second = 0;      ///< of a channel, whatever the accelerator's clock; 0: does not count
  // timed
  DramSettings dram;

  /// Of a channel of the ideal memory, in bytes per cycle.
  Rational rate(double clock_hz) const;
  /// Bytes that the memory moves in a cycle of the accelerator at most: of a channel (ideal), or of all
  /// together (timed).
  double peak_bytes_per_cycle(double clock_hz) const;
  /// The ideal memory, or one that moves as much as this one at most, with the default latency.
  IdealMemoryTiming ideal_timing(double clock_hz) const;
};

struct QuantizationSettings {
  QuantizationOptions options;
  Clipping clipping = Clipping::kPercentile;
  double calibration_percentile = 100;

  CalibrationOptions calibration() const {
    return {calibration_percentile, clipping, options.activation_bits, options.threads};
  }
};

/// How layers become commands. A mapping file is this section alone.
struct MappingSettings {
  LayerBarrier barrier = LayerBarrier::kNone;
  bool fuse_pooling = true;
  MappingObjective objective = MappingObjective::kCycles;
  MappingEffort effort = MappingEffort::kGood;
  std::vector<LayerMapping> layers;  ///< what is 0 is left to the mapper
};

enum class Level { kRtl, kTlm, kAnalytic };
/// Not at the analytic level: there is nothing to compare with the golden model.
constexpr bool computes_data(Level level) {
  return level != Level::kAnalytic;
}

/// How much of the outputs is held against the golden model.
enum class GoldenExtent {
  kFull,     ///< every element
  kSampled,  ///< of each layer at least 1 %, and all of a small one
};

struct RunSettings {
  Level level = Level::kRtl;
  std::string rtl;  ///< at kTlm: names and patterns of the layers that run clocked, separated by commas
  GoldenExtent golden = GoldenExtent::kFull;
  std::int64_t golden_seed = 1;              ///< of the sample
  std::int64_t watchdog_cycles = 1'000'000;  ///< give up after as many cycles without progress; 0: never
  bool dmi = true;                           ///< kTlm: load and store by pointer where the memory grants it
  std::int64_t quantum_ns = 0;               ///< global quantum of temporal decoupling; 0: none
  int threads = 0;  ///< that compute data at the transaction level and in the golden model; 0: one for each
                    ///< processor. Changes nothing but the time it takes

  bool mixed() const { return !rtl.empty(); }
};

struct Scenario {
  std::string name;
  NetworkSettings network;
  AcceleratorConfig accelerator;
  QuantizationSettings quantization;
  MemorySettings memory;
  std::optional<Technology> technology;  ///< without it nothing is costed
  MappingSettings mapping;
  RunSettings run;
};

const char* to_string(Level level);
/// In the order of the enumeration.
std::vector<std::string> level_names();
/// The level of that name. Throws std::invalid_argument that begins with `where`.
Level level_of(const std::string& name, const std::string& where);
const char* to_string(GoldenExtent extent);
const char* to_string(MemoryKind model);

class SettingsFiles;

void show_accelerator(SettingsVisitor& v, AcceleratorConfig& config);
void show_quantization(SettingsVisitor& v, QuantizationSettings& s, const AcceleratorConfig& hardware);
void show_mapping(SettingsVisitor& v, MappingSettings& s);
void show_scenario(SettingsVisitor& v, Scenario& scenario);

/// Of a file that holds a model in place of a scenario.
inline constexpr const char* kModelExtension = ".onnx";

/// Reads and checks a scenario; of two overrides of the same setting the later wins. Clocked layers (run.rtl)
/// make each layer a program of its own, whatever mapping.barrier says. Without a file (empty)
/// the overrides are all there is; an ONNX model (by its extension) is the scenario that runs it with
/// defaults. `files`: those that were parsed before. Throws SettingsError.
Scenario load_scenario(const std::filesystem::path& file, const std::vector<SettingOverride>& overrides = {},
                       SettingsFiles* files = nullptr);

/// Every effective setting as a scenario file that load_scenario reads back, each with a comment that says
/// what it is.
std::string to_yaml(const Scenario& scenario);
/// The same with every key that there is, its meaning and what it accepts; those without a value or use here
/// as comments. Files are named as `folder`, where the scenario is to be, sees them.
std::string to_guide(const Scenario& scenario, const std::filesystem::path& folder);
/// The quantization section alone: a file for `--set quantization.include=FILE`.
std::string to_yaml(const QuantizationSettings& quantization, const AcceleratorConfig& hardware);
/// The mapping section alone: a file for `--mapping`.
std::string to_yaml(const MappingSettings& mapping);

}  // namespace bitbalance::scenario
