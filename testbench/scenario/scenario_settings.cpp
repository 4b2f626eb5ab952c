// Every setting of a scenario: its key, meaning and range, shown to a visitor.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "base/text/config_error.h"
#include "base/text/outside_text.h"
#include "hw/cost/cost_model.h"
#include "hw/isa/config_settings.h"
#include "testbench/scenario/scenario.h"
#include "testbench/scenario/technology.h"

namespace bitbalance::scenario {
namespace {

/// Beside the technology's macros, as the key of others is not there.
void require_macros(const Technology& technology, const AcceleratorConfig& accelerator) {
  try {
    check_macros(technology, accelerator);
  } catch (const ConfigError& refused) {
    throw ConfigError("technology", "technology.sram", refused.value(), refused.accepted());
  }
}

void show_zoo(SettingsVisitor& v, ZooOptions& s) {
  v.integer({"seed", "of the synthetic weights"}, s.seed, 0, std::int64_t{1} << 62);
  v.choice({"weight_distribution", "of the synthetic weights"}, s.distribution,
           names_of({WeightDistribution::kGaussian, WeightDistribution::kLaplace}));
  v.real({"weight_scale", "factor on their spread; 1: sqrt(2 / inputs of a filter)"}, s.weight_scale, 1e-3,
         1e3);
  v.boolean({"fully_connected", "false: stop ahead of the fully connected layers"}, s.fully_connected);
}

void show_fixed_input(SettingsVisitor& v, FixedInput& s) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  v.text({"input", "its name"}, s.input);
  v.required();
  v.reals({"values", "one number for all its elements, or one for each"}, s.values, -kLargest, kLargest);
  v.required();
}

void show_network(SettingsVisitor& v, NetworkSettings& s) {
  std::vector<std::string> builtins = {"none"};
  builtins.insert(builtins.end(), zoo_names().begin(), zoo_names().end());
  auto builtin =
      static_cast<std::size_t>(std::find(builtins.begin(), builtins.end(), s.builtin) - builtins.begin());
  if (builtin == builtins.size()) builtin = 0;
  v.choice({"builtin", "ImageNet network with synthetic weights, instead of a model"}, builtin, builtins);
  s.builtin = builtin == 0 ? "" : builtins[builtin];
  v.only_if(s.builtin.empty(), "without builtin", [&] {
    v.path({"quantized", "what `bitbalance quantize` wrote; `quantization` is not used then"}, s.quantized);
    v.path({"model", "trained network, float32 ONNX; beside `quantized`: what its accuracy is held against"},
           s.model);
    if (s.quantized.empty()) v.required();
    v.text({"outputs",
            "of the model, by name, or tensors on the way to them: the first is judged; without it all are "
            "computed",
            "names separated by commas"},
           s.outputs);
    v.integers({"input_shape", "extents of an input that the model leaves open, batch first"}, s.input_shape,
               1, 1 << 24);
    v.list(
        {"fixed_inputs", "inputs of the model that no image changes; all but one must be"},
        [&](std::size_t size) { s.fixed_inputs.resize(size); }, [&] { return s.fixed_inputs.size(); },
        [&](std::size_t i) { show_fixed_input(v, s.fixed_inputs[i]); });
  });
  v.only_if(!s.builtin.empty(), "with builtin", [&] { show_zoo(v, s.zoo); });
  v.file_or_folder(
      {"images", "test images: IDX, NPY, NPZ, or PNG and JPEG files; without them synthetic ones"}, s.images);
  v.used_if(s.synthetic(), [&] {
    v.integer({"image_seed", "of synthetic images"}, s.image_seed, 0, std::int64_t{1} << 62);
  });
  v.path(
      {"labels",
       "their classes: IDX, NPY, NPZ, or text with a number or class name per line; without it no accuracy"},
      s.labels);
  v.path({"class_names", "names that a text of labels may use, UTF-8: line i (from 0) is class i"},
         s.class_names);
  v.rule(s.class_names.empty() || !s.labels.empty() || std::filesystem::is_directory(s.images), "class_names",
         "given without labels; accepted: names for a text file of labels, or of folders of images");
  v.rule(s.labels.empty() || !s.synthetic(), "labels", "given without images; accepted: labels of images");
  v.path({"texts", "what text the images show, UTF-8, a line each, instead of classes"}, s.texts);
  v.rule(s.texts.empty() || (s.labels.empty() && !s.synthetic()), "texts",
         "given with labels or without images; accepted: texts of images alone");
  v.path({"dictionary",
          "characters in the order of the network's classes, UTF-8, one per line; first comes "
          "the blank, last the space"},
         s.dictionary);
  v.rule(s.texts.empty() == s.dictionary.empty(), "dictionary", "texts and dictionary belong together");
  v.file_or_folder({"calibration_images", "images that choose the activation scales, as `images`"},
                   s.calibration_images);
  if (!s.synthetic() && s.quantized.empty()) v.required();
  const bool reads_images = !s.synthetic() || !s.calibration_images.empty();
  v.only_if(reads_images, "with images or calibration_images", [&] {
    v.choice({"layout", "order of four extents of an image file: images first, channels second or last"},
             s.layout, names_of({ImageLayout::kNchw, ImageLayout::kNhwc}));
    v.text({"raw", "image files are numbers without a header, of this type in NumPy's words (|u1, <f4, >i2)"},
           s.raw);
    v.rule(s.raw.empty() || number_format(s.raw).has_value(), "raw",
           fmt::format("'{}'; accepted: {}", s.raw, kNumberFormats));
    v.integer({"resize", "of PNG and JPEG files: pixels of the shorter side; 0: as they are"}, s.resize, 0,
              1 << 13);
    v.reals({"pixel_mean",
             "subtracted from pixel / 255, or from a number that is no byte or that the model takes as an "
             "integer; one, or per channel"},
            s.pixels.mean, -1e9, 1e9);
    v.reals({"pixel_deviation", "then divided by; one, or per channel"}, s.pixels.deviation, 1e-6, 1e9);
  });
  v.integer({"count", "images to run; 0: all of the file, or one batch of synthetic ones"}, s.count, 0,
            1 << 24);
  v.integer({"batch", "images of one program"}, s.batch, 1, compiler::kMostBatch);
}

std::string nnzb_message(int nnzb, int weight_bits) {
  return fmt::format("{}; accepted with weight_bits {}: 1 to {}, the bits of a magnitude", nnzb, weight_bits,
                     weight_bits - 1);
}

void show_override(SettingsVisitor& v, LayerOverride& s) {
  v.text({"pattern", "layer names, * and ? as wildcards"}, s.pattern);
  v.required();
  v.optional_integer({"weight_bits", "sign included"}, s.weight_bits, 2, 16);
  v.optional_integer({"nnzb", "non-zero bits a weight may have"}, s.nnzb, 1, 15);
  if (s.nnzb && s.weight_bits) {
    v.rule(*s.nnzb < *s.weight_bits, "nnzb", nnzb_message(*s.nnzb, *s.weight_bits));
  }
}

constexpr double kMostBytesPerSecond = 1e13;

void show_memory(SettingsVisitor& v, MemorySettings& s) {
  v.choice({"model", "how the DRAM keeps time"}, s.model, names_of({MemoryKind::kIdeal, MemoryKind::kTimed}));
  v.only_if(s.model == MemoryKind::kIdeal, "with model ideal", [&] {
    v.integer({"latency_cycles", "from the end of a transfer to its answer"}, s.latency_cycles, 0, 1'000'000);
    v.rational({"bytes_per_cycle", "bandwidth of a channel, decimal or a fraction"}, s.bytes_per_cycle);
    v.real({"bytes_per_second", "the same whatever the clock, instead of bytes_per_cycle; 0: that counts"},
           s.bytes_per_second, 0, kMostBytesPerSecond);
    if (v.wins_over("bytes_per_cycle", "bytes_per_second")) s.bytes_per_second = 0;
  });
  v.only_if(s.model == MemoryKind::kTimed, "with model timed", [&] { show_dram(v, s.dram); });
}

void show_layer_mapping(SettingsVisitor& v, LayerMapping& s) {
  constexpr int kLargest = 65535;
  v.text({"layer", "name, as in the table of results"}, s.layer);
  v.required();
  v.integer({"images", "of a block"}, s.images, 0, kLargest);
  v.integer({"rows", "output rows of a block, before fused pooling"}, s.rows, 0, kLargest);
  v.integer({"columns", "the same of its width: all, or a multiple of the pooling's"}, s.columns, 0,
            kLargest);
  v.integer({"conv_groups", "of a block"}, s.conv_groups, 0, kLargest);
  v.integer({"output_channels", "of a block, within a conv group"}, s.output_channels, 0, kLargest);
  v.integer({"channels", "input channels of a chunk, within a conv group"}, s.channels, 0, kLargest);
  v.choice({"order", "which operand stays while the other is streamed"}, s.order,
           names_of({LoopOrder::kActivationsOuter, LoopOrder::kWeightsOuter}));
  v.integer({"batch", "images of the programs that this is for; 0: of all that no other entry is for"},
            s.batch, 0, kLargest);
}

void show_run(SettingsVisitor& v, RunSettings& s) {
  v.choice({"level", "level of detail"}, s.level, level_names());
  v.text({"rtl", "at level tlm: layers to run clocked, names and patterns separated by commas"}, s.rtl);
  v.rule(!s.mixed() || s.level == Level::kTlm, "rtl",
         fmt::format("given with level {}; accepted: with level tlm", to_string(s.level)));
  v.choice({"golden", "outputs held against the golden model; sampled: at least 1 % of each layer"}, s.golden,
           names_of({GoldenExtent::kFull, GoldenExtent::kSampled}));
  v.integer({"golden_seed", "of the sample"}, s.golden_seed, 0, std::numeric_limits<std::uint32_t>::max());
  v.integer({"watchdog_cycles", "give up after as many cycles without progress; 0: never"}, s.watchdog_cycles,
            0, std::int64_t{1} << 31);
  v.boolean({"dmi", "tlm: load and store by pointer where the memory grants it"}, s.dmi);
  v.integer({"quantum_ns", "tlm: how far blocking calls may run ahead of time, nanoseconds; 0: not at all"},
            s.quantum_ns, 0, 1'000'000'000);
  v.integer({"threads", "of the golden model, of tlm's data and of quantize; 0: one for each processor"},
            s.threads, 0, 256);
}

}  // namespace

void show_quantization(SettingsVisitor& v, QuantizationSettings& s, const AcceleratorConfig& hardware) {
  QuantizationOptions& options = s.options;
  std::size_t wide = options.activation_bits == 16 ? 1 : 0;
  v.choice({"activation_bits", "of every tensor of activations"}, wide, {"8", "16"});
  options.activation_bits = wide == 1 ? 16 : 8;
  v.integer({"weight_bits", "sign included"}, options.weight_bits, 2, 16);
  v.integer({"nnzb", "non-zero bits a weight may have"}, options.nnzb, 1, 15);
  v.rule(options.nnzb < options.weight_bits, "nnzb", nnzb_message(options.nnzb, options.weight_bits));
  options.token_form = hardware.token_form;
  v.choice({"token_form", "the accelerator's, which is the default"}, options.token_form, token_form_names());
  v.rule(options.token_form == hardware.token_form, "token_form",
         fmt::format("{}; accepted: {}, as accelerator.token_form", to_string(options.token_form),
                     to_string(hardware.token_form)));
  v.boolean({"scale_search", "choose the scale of each output channel by least squared error"},
            options.scale_search);
  v.boolean({"equalize_channels", "beside layers of the host, even out the sizes of channels"},
            options.equalize_channels);
  v.boolean({"tables", "the accelerator looks functions of each element up, if it has tables"},
            options.tables);
  options.tables = options.tables && hardware.lookup_tables > 0;
  v.choice({"method",
            "nearest: each weight for itself; compensated: by the layer's output on the calibration images"},
           options.method, names_of({WeightMethod::kNearest, WeightMethod::kCompensated}));
  v.real({"damping", "of compensated: trust in the weights over the images, share of the mean input power"},
         options.compensation.damping, kLeastDamping, 1);
  v.boolean({"activation_order", "of compensated: weights of the strongest inputs are rounded first"},
            options.compensation.activation_order);
  v.integer({"refinements", "of compensated: rounds of coordinate descent"}, options.compensation.refinements,
            0, 100);
  v.boolean({"sequential", "layers see what the quantized layers before them make of the calibration images"},
            options.sequential);
  v.boolean({"bias_correction", "put a layer's mean error on the calibration images into its bias"},
            options.bias_correction);
  v.choice(
      {"clipping", "which activations saturate: by calibration_percentile, or for the least squared error"},
      s.clipping, names_of({Clipping::kPercentile, Clipping::kError}));
  v.real({"calibration_percentile", "share of activations that must not saturate, in percent"},
         s.calibration_percentile, 50, 100);
  v.list(
      {"layers", "settings of single layers; the last that matches wins"},
      [&](std::size_t size) { options.overrides.resize(size); }, [&] { return options.overrides.size(); },
      [&](std::size_t i) { show_override(v, options.overrides[i]); });
}

void show_mapping(SettingsVisitor& v, MappingSettings& s) {
  v.choice({"barrier", "each layer ends with all engines idle: by a Barrier command; layer: as a program"},
           s.barrier, names_of({LayerBarrier::kNone, LayerBarrier::kCommand, LayerBarrier::kLayer}));
  v.boolean({"fuse_pooling", "non-overlapping max pooling while a convolution drains"}, s.fuse_pooling);
  v.choice({"objective", "what the least of is looked for"}, s.objective,
           names_of({MappingObjective::kCycles, MappingObjective::kEnergy, MappingObjective::kEdp,
                     MappingObjective::kDramBytes}));
  v.choice({"effort", "fast: by estimate; good: judged by the timeline; exhaustive: every block of a layer"},
           s.effort, names_of({MappingEffort::kFast, MappingEffort::kGood, MappingEffort::kExhaustive}));
  v.rule(s.objective == MappingObjective::kCycles || s.effort != MappingEffort::kFast, "objective",
         fmt::format("{} with effort fast, which goes by cycles; accepted: with effort good or exhaustive",
                     to_string(s.objective)));
  v.list(
      {"layers", "blocks of single layers; what is left out or 0 is chosen by the mapper"},
      [&](std::size_t size) { s.layers.resize(size); }, [&] { return s.layers.size(); },
      [&](std::size_t i) { show_layer_mapping(v, s.layers[i]); });
  std::set<std::pair<std::string, int>> named;
  for (const LayerMapping& m : s.layers) {
    const std::string batch = m.batch == 0 ? "" : fmt::format(" of batch {}", m.batch);
    v.rule(named.insert({m.layer, m.batch}).second, "layers",
           fmt::format("layer '{}'{} twice; accepted: once", m.layer, batch));
  }
}

void show_accelerator(SettingsVisitor& v, AcceleratorConfig& config) {
  show_settings(v, config);
}

void show_scenario(SettingsVisitor& v, Scenario& s) {
  v.text({"name", "of the results folder and in reports; default: the file's"}, s.name);
  v.section({"network", "what is computed"}, [&] { show_network(v, s.network); });
  v.required();
  v.section({"accelerator", "the hardware"}, [&] { show_accelerator(v, s.accelerator); });
  v.section({"quantization", "from floats to bit-balanced integers"},
            [&] { show_quantization(v, s.quantization, s.accelerator); });
  v.section({"memory", "the DRAM behind the accelerator"}, [&] { show_memory(v, s.memory); });
  bool costed = s.technology.has_value();
  v.optional_section({"technology", "what an action costs; without it neither energy nor area"}, costed, [&] {
    if (!s.technology) s.technology.emplace();
    v.kept(*s.technology, [&] { show_technology(v, *s.technology); });
  });
  v.checked([&] {
    if (costed) require_macros(*s.technology, s.accelerator);
  });
  v.section({"mapping", "how layers become commands"}, [&] { show_mapping(v, s.mapping); });
  v.rule(costed || !asks_energy(s.mapping.objective), "mapping.objective",
         fmt::format("{} without technology, which has the prices of energy; accepted: cycles, dram_bytes",
                     to_string(s.mapping.objective)));
  v.section({"run", "how it is simulated"}, [&] { show_run(v, s.run); });
}

}  // namespace bitbalance::scenario
