#include "tlm/platform/boot_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

#include "base/bits.h"
#include "hw/isa/config.h"

namespace bitbalance::platform {
namespace {

/// Appends regions to the DRAM's image.
class Layout {
 public:
  explicit Layout(std::vector<std::uint8_t>& dram) : dram_(dram) {}

  /// Address of `bytes` fresh bytes at a page of their own.
  std::uint64_t add(std::uint64_t bytes) {
    constexpr std::uint64_t kAlignment = 4096;
    const std::uint64_t at = align_up(dram_.size(), kAlignment);
    if (at + bytes > PLATFORM_DRAM_MAX_BYTES) {
      throw std::invalid_argument(
          fmt::format("the platform's DRAM has {} bytes; programs and images need more; accepted: "
                      "fewer images or accelerators",
                      PLATFORM_DRAM_MAX_BYTES));
    }
    dram_.resize(at + bytes);
    return PLATFORM_DRAM_BASE + at;
  }
  template <class T>
  std::uint64_t add(const std::vector<T>& values) {
    const std::uint64_t address = add(values.size() * sizeof(T));
    std::memcpy(dram_.data() + (address - PLATFORM_DRAM_BASE), values.data(), values.size() * sizeof(T));
    return address;
  }

 private:
  std::vector<std::uint8_t>& dram_;
};

boot_tensor boot_tensor_of(const stored::StoredTensor& tensor) {
  return {tensor.offset,
          tensor.image_pitch,
          static_cast<std::uint32_t>(tensor.image_bytes()),
          static_cast<std::uint32_t>(tensor.shape.elements()),
          tensor.element_bytes(),
          tensor.is_signed ? 1U : 0U};
}

/// A softmax keeps the order, so the firmware need not compute it.
void check(const stored::StoredProgram& program, const stored::StoredProgram& first) {
  for (const stored::HostLayer& layer : program.host_layers) {
    if (layer.op == "softmax") continue;
    throw std::invalid_argument(fmt::format(
        "layer {} ({}) runs on the host; accepted: a network that the accelerator runs whole, but for a "
        "softmax at its end",
        layer.name, layer.op));
  }
  if (program.batch != first.batch || program.images != first.images) {
    throw std::invalid_argument(
        fmt::format("{} images in batches of {} beside {} in batches of {}; accepted: the same for "
                    "all accelerators",
                    program.images, program.batch, first.images, first.batch));
  }
}

std::int32_t element(const std::uint8_t* at, const stored::StoredTensor& tensor) {
  if (tensor.element_bytes() == 2) {
    std::int16_t wide = 0;
    std::memcpy(&wide, at, sizeof wide);
    return wide;
  }
  return tensor.is_signed ? static_cast<std::int8_t>(*at) : *at;
}

}  // namespace

void BootImage::store_table() {
  std::memcpy(dram.data() + (table_address - PLATFORM_DRAM_BASE), &table, sizeof table);
}

BootImage make_boot_image(const std::vector<const stored::StoredProgram*>& programs,
                          const BootSettings& settings) {
  if (programs.empty() || programs.size() > PLATFORM_MAX_ACCELERATORS) {
    throw std::invalid_argument(
        fmt::format("{} accelerators; accepted: 1 to {}", programs.size(), PLATFORM_MAX_ACCELERATORS));
  }
  const stored::StoredProgram& first = *programs.front();
  BootImage image;
  Layout layout(image.dram);
  boot_table& table = image.table;
  table.magic = BOOT_TABLE_MAGIC;
  table.version = BOOT_TABLE_VERSION;
  table.accelerators = static_cast<std::uint32_t>(programs.size());
  table.wait = settings.wait;
  table.timeout = settings.timeout_ticks;
  table.images = static_cast<std::uint32_t>(first.images);
  table.batch = static_cast<std::uint32_t>(first.batch);
  table.spin = settings.spin;
  table.exercise = settings.exercise;

  // As in a run without a platform, so that a timed DRAM sees the same rows and banks: first the constants,
  // then the data.
  std::map<const stored::StoredProgram*, std::size_t> seen;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const stored::StoredProgram& program = *programs[i];
    check(program, first);
    boot_program& boot = table.program[i];
    const auto [same, is_new] = seen.emplace(&program, i);
    if (is_new) {
      boot.config_hash = config_hash(program.accelerator);
      boot.input = boot_tensor_of(program.input_tensor());
      boot.output = boot_tensor_of(program.output_tensor());
      boot.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
      boot.data_bytes = program.data_bytes;
      boot.constants = layout.add(program.constants);
    } else {
      boot = table.program[same->second];
    }
    boot.data = layout.add(program.data_bytes);
  }
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const std::size_t same = seen.at(programs[i]);
    table.program[i].inputs = same == i ? layout.add(programs[i]->inputs) : table.program[same].inputs;
  }
  std::vector<std::uint32_t> labels(table.images, BOOT_TABLE_NO_LABEL);
  std::copy(first.labels.begin(), first.labels.end(), labels.begin());
  table.labels = layout.add(labels);
  table.predictions = layout.add(labels.size() * sizeof labels[0]);
  image.table_address = layout.add(sizeof table);
  image.store_table();
  return image;
}

std::uint32_t expected_class(const stored::StoredProgram& program, std::int64_t image) {
  const stored::StoredTensor& tensor = program.output_tensor();
  const std::uint8_t* at = program.expected.data() + image * tensor.image_bytes();
  std::uint32_t best = 0;
  std::int32_t most = element(at, tensor);
  for (std::uint32_t i = 1; i < tensor.shape.elements(); ++i) {
    at += tensor.element_bytes();
    const std::int32_t value = element(at, tensor);
    if (value > most) {
      most = value;
      best = i;
    }
  }
  return best;
}

}  // namespace bitbalance::platform
