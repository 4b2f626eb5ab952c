#include "tlm/accelerator/activation_buffer.h"

#include <algorithm>
#include <tuple>

#include "tlm/accelerator/tensor_load.h"

namespace bitbalance::tlm_level {
namespace {

/// All that the words depend on, but for the elements.
auto arrangement(const Compute& c) {
  return std::tuple(c.activation_base, c.activation_image_stride, c.channels, c.conv_groups, c.plane_rows,
                    c.plane_columns, c.images, c.rows, c.columns, c.kernel_h, c.kernel_w, c.stride_h,
                    c.stride_w, c.dilation_h, c.dilation_w, c.wide, c.input_signed, word_format(c));
}

struct ElementRange {
  std::uint64_t begin, end;
};
ElementRange read_by(const Compute& c) {
  const std::uint64_t channel = std::uint64_t{c.stride_h} * c.stride_w * c.plane_rows * c.plane_columns;
  return {c.activation_base, c.activation_base + (std::uint64_t{c.images} - 1) * c.activation_image_stride +
                                 channel * c.channels * c.conv_groups};
}
ElementRange written_by(const LoadTensor& l) {
  return {l.base, l.base + (std::uint64_t{l.slice.images} - 1) * l.image_stride +
                      static_cast<std::uint64_t>(l.channel_stride()) * l.slice.channels};
}

}  // namespace

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                                   WorkerPool& workers)
    : sc_module(name),
      loads("loads", [this](LoadBlock& block) { load(block); }),
      requests("requests", [this](PixelBlock& pixels) { read(pixels); }),
      bytes_(static_cast<std::size_t>(config.activation_buffer_bytes)),
      workers_(workers) {}

void ActivationBuffer::load(LoadBlock& block) {
  const auto& command = std::get<LoadActivations>(block.command->body);
  write_tensor(command, block.bytes, bytes_);
  if (!packed_) return;
  const ElementRange written = written_by(command), read = read_by(packed_->compute);
  const bool apart =
      packed_->compute.wide == command.slice.wide && (written.end <= read.begin || read.end <= written.begin);
  is_stale_ |= !apart;
}

void ActivationBuffer::read(PixelBlock& pixels) {
  const auto& compute = std::get<Compute>(pixels.command->body);
  if (!packed_ || is_stale_ || arrangement(packed_->compute) != arrangement(compute)) pack(compute);
  ActivationBlock block;
  block.command = pixels.command;
  block.layout = &packed_->layout;
  block.low = low_.data();
  block.high = compute.wide ? high_.data() : nullptr;
  blocks.send(block);
}

void ActivationBuffer::pack(const Compute& compute) {
  workers_.finish();  // may read what is packed
  is_stale_ = false;
  packed_.emplace(Packed{compute, ActivationLayout(compute)});
  const ActivationLayout& layout = packed_->layout;
  if (low_.size() < layout.words) low_.resize(layout.words);
  if (compute.wide && high_.size() < layout.words) high_.resize(layout.words);
  workers_.run(compute.conv_groups * layout.words_a_tap, [&](int part) {
    if (compute.wide) {
      pack_wide(compute, layout, reinterpret_cast<const std::int16_t*>(bytes_.data()), part, low_.data(),
                high_.data());
    } else {
      pack_narrow(compute, layout, bytes_.data(), part, low_.data());
    }
  });
}

}  // namespace bitbalance::tlm_level
