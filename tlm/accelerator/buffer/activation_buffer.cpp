#include "tlm/accelerator/buffer/activation_buffer.h"

#include <tuple>
#include <utility>

#include "tlm/accelerator/datapath/tensor_load.h"

namespace bitbalance::tlm_level {
namespace {

/// All that the words depend on, but for the elements.
auto arrangement(const Compute& c) {
  return std::tuple(c.activation_base, c.activation_image_stride, c.channels, c.conv_groups, c.plane_rows,
                    c.plane_columns, c.images, c.rows, c.columns, c.kernel_h, c.kernel_w, c.stride_h,
                    c.stride_w, c.dilation_h, c.dilation_w, c.width, c.input_signed, word_format(c));
}

struct ElementRange {
  std::uint64_t begin, end;
};
ElementRange read_by(const Compute& c) {
  return {c.activation_base, c.activation_base + (std::uint64_t{c.images} - 1) * c.activation_image_stride +
                                 static_cast<std::uint64_t>(c.channel_stride()) * c.channels * c.conv_groups};
}
ElementRange written_by(const LoadTensor& l) {
  return {l.base, l.base + (std::uint64_t{l.slice.images} - 1) * l.image_stride +
                      static_cast<std::uint64_t>(l.channel_stride()) * l.slice.channels};
}

}  // namespace

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                                   WorkerPool& workers)
    : sc_module(name), bytes_(static_cast<std::size_t>(config.activation_buffer_bytes)), workers_(workers) {}

void ActivationBuffer::take(LoadBlock& block) {
  const auto& command = std::get<LoadActivations>(block.command->body);
  write_tensor(command, block.bytes, bytes_);
  if (!packed_) return;
  const ElementRange written = written_by(command), read = read_by(packed_->compute);
  const bool apart = packed_->compute.width == command.slice.width &&
                     (written.end <= read.begin || read.end <= written.begin);
  is_stale_ |= !apart;
}

void ActivationBuffer::take(PixelBlock& pixels) {
  const auto& compute = std::get<Compute>(pixels.command->body);
  if (!packed_ || is_stale_ || arrangement(packed_->compute) != arrangement(compute)) pack(compute);
  ActivationBlock block;
  block.command = pixels.command;
  block.activations = packed_;
  blocks->take(block);
}

void ActivationBuffer::pack(const Compute& compute) {
  if (packed_.use_count() > 1) packed_.swap(spare_);
  ActivationLayout layout(compute);
  if (packed_ && packed_.use_count() == 1) {
    packed_->compute = compute;
    packed_->layout = std::move(layout);
  } else {
    packed_ = std::make_shared<PackedActivations>(PackedActivations{compute, std::move(layout), {}, {}});
  }
  is_stale_ = false;
  PackedActivations& packed = *packed_;
  const std::size_t words = packed.layout.words;
  if (packed.low.size() < words) packed.low.resize(words);
  if (compute.width == Width::k16 && packed.high.size() < words) packed.high.resize(words);
  workers_.run(compute.conv_groups * packed.layout.words_a_tap, [this, &packed](int part) {
    if (packed.compute.width == Width::k16) {
      pack_wide(packed.compute, packed.layout, reinterpret_cast<const std::int16_t*>(bytes_.data()), part,
                packed.low.data(), packed.high.data());
    } else {
      pack_narrow(packed.compute, packed.layout, bytes_.data(), part, packed.low.data());
    }
  });
}

}  // namespace bitbalance::tlm_level
