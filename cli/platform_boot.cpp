#include "cli/platform_boot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hw/isa/config.h"
#include "testbench/golden/compare.h"
#include "tlm/platform/memory_map.h"

namespace bitbalance::cli {
namespace {

/// Appends regions to the DRAM's image.
class Layout {
 public:
  explicit Layout(std::vector<std::uint8_t>& dram) : dram_(dram) {}

  /// Address of `bytes` fresh bytes at a page of their own.
  std::uint64_t add(std::uint64_t bytes) {
    constexpr std::uint64_t kAlignment = 4096;
    const std::uint64_t at = (dram_.size() + kAlignment - 1) / kAlignment * kAlignment;
    if (at + bytes > PLATFORM_DRAM_MAX_BYTES) {
      throw std::invalid_argument(
          fmt::format("the platform's DRAM has {} bytes; program and images need more; accepted: "
                      "fewer images or accelerators",
                      PLATFORM_DRAM_MAX_BYTES));
    }
    dram_.resize(at + bytes);
    return PLATFORM_DRAM_BASE + at;
  }
  void put(std::uint64_t address, const void* data, std::size_t bytes) {
    std::memcpy(dram_.data() + (address - PLATFORM_DRAM_BASE), data, bytes);
  }

 private:
  std::vector<std::uint8_t>& dram_;
};

boot_tensor tensor_of(const Program& program, const QuantizedNetwork& network, int tensor) {
  const auto place = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [&](const TensorPlacement& p) { return p.tensor == tensor; });
  const QuantizedTensor& format = network.tensors[tensor];
  return {place->offset,
          place->image_pitch,
          static_cast<std::uint32_t>(image_bytes(format)),
          static_cast<std::uint32_t>(format.shape.elements()),
          static_cast<std::uint32_t>(format.bits / 8),
          format.is_signed ? 1U : 0U};
}

/// The tensor whose largest element is the class. A softmax keeps the order, so the firmware need not compute
/// it.
int class_tensor(const Program& program, const QuantizedNetwork& network) {
  int tensor = network.output;
  for (auto layer = program.layers.rbegin(); layer != program.layers.rend() && layer->on_host; ++layer) {
    if (layer->output != tensor || layer->op != "softmax") {
      throw std::invalid_argument(fmt::format(
          "layer {} ({}) runs on the host; accepted: a network that the accelerator runs whole, but for a "
          "softmax at its end",
          layer->name, layer->op));
    }
    tensor = layer->input;
  }
  return tensor;
}

void check(const Workload& workload, const ProgramSet& programs) {
  if (programs.batches().front().size() != 1) {
    throw std::invalid_argument(fmt::format(
        "the network becomes {} programs with work for the host between them; accepted: one program",
        programs.batches().front().size()));
  }
  if (programs.batches().size() != 1) {
    throw std::invalid_argument(
        fmt::format("{} images do not divide into batches of {}; accepted: whole batches",
                    workload.images.size(), programs.batches().front().front().program().batch));
  }
  if (workload.task.text ||
      workload.task.classes != workload.network.tensors[workload.network.output].shape.elements())
    throw std::invalid_argument("the network reads text; accepted: one that tells classes");
}

}  // namespace

BootImage make_boot_image(const Scenario& scenario, const Workload& workload, const ProgramSet& programs,
                          const BootSettings& settings) {
  check(workload, programs);
  const Program& program = programs.batches().front().front().program();
  const QuantizedNetwork& network = workload.network;
  const auto images = static_cast<std::uint32_t>(workload.images.size());

  BootImage image;
  Layout layout(image.dram);
  boot_table& table = image.table;
  table.magic = BOOT_TABLE_MAGIC;
  table.version = BOOT_TABLE_VERSION;
  table.accelerators = static_cast<std::uint32_t>(settings.accelerators);
  table.wait = settings.wait;
  table.timeout = settings.timeout_ticks;
  table.images = images;
  table.batch = static_cast<std::uint32_t>(program.batch);
  table.config_hash = config_hash(scenario.accelerator);
  table.constants_bytes = program.constants_bytes;
  table.data_bytes = program.data_bytes;
  table.spin = settings.spin;
  table.input = tensor_of(program, network, network.input);
  table.output = tensor_of(program, network, class_tensor(program, network));

  // As in a run without a platform, so that a timed DRAM sees the same rows and banks.
  table.constants = layout.add(program.constants.size());
  layout.put(table.constants, program.constants.data(), program.constants.size());
  table.data = layout.add(program.data_bytes);
  table.data_pitch = 0;
  for (int i = 1; i < settings.accelerators; ++i) {
    const std::uint64_t next = layout.add(program.data_bytes);
    if (i == 1) table.data_pitch = next - table.data;
  }

  table.inputs = layout.add(std::uint64_t{images} * table.input.image_bytes);
  for (std::uint32_t i = 0; i < images; ++i) {
    const std::vector<std::uint8_t> bytes = pack(network.tensors[network.input], workload.images[i]);
    layout.put(table.inputs + std::uint64_t{i} * table.input.image_bytes, bytes.data(), bytes.size());
  }
  std::vector<std::uint32_t> labels(images, BOOT_TABLE_NO_LABEL);
  std::copy(workload.task.labels.begin(), workload.task.labels.end(), labels.begin());
  table.labels = layout.add(labels.size() * sizeof labels[0]);
  layout.put(table.labels, labels.data(), labels.size() * sizeof labels[0]);
  table.predictions = layout.add(labels.size() * sizeof labels[0]);
  image.table_address = layout.add(sizeof table);
  layout.put(image.table_address, &table, sizeof table);
  return image;
}

}  // namespace bitbalance::cli
