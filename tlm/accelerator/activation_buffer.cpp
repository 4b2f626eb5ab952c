#include "tlm/accelerator/activation_buffer.h"

#include "hw/core/vector_clones.h"
#include "tlm/accelerator/dot_kernel.h"
#include "tlm/accelerator/tensor_load.h"

namespace bitbalance::tlm_level {
namespace {

constexpr std::uint32_t pair(int even, int odd) {
  return static_cast<std::uint16_t>(even) | std::uint32_t{static_cast<std::uint16_t>(odd)} << 16;
}

/// Places of the lanes' elements: runs and, by step, offsets. Two steps stand side by side.
struct Gather {
  const ActivationBuffer::Run* runs;
  std::size_t run_count;
  const std::uint32_t* offsets;
  std::size_t pairs;
  std::size_t pitch;  ///< words from one pair of steps to the next
};

template <class Element>
[[gnu::always_inline]] inline void gather_narrow(const Element* elements, const Gather& g,
                                                 std::uint32_t* words) {
  for (std::size_t p = 0; p < g.pairs; ++p, words += g.pitch) {
    for (std::size_t r = 0; r < g.run_count; ++r) {
      const Element* const even = elements + g.runs[r].base + g.offsets[2 * p];
      const Element* const odd = elements + g.runs[r].base + g.offsets[2 * p + 1];
      std::uint32_t* const to = words + g.runs[r].lane;
      for (std::uint32_t i = 0; i < g.runs[r].count; ++i) to[i] = pair(even[i], odd[i]);
    }
  }
}

BITBALANCE_VECTOR_CLONES
void gather(const std::uint8_t* elements, const Gather& g, std::uint32_t* words) {
  gather_narrow(elements, g, words);
}
BITBALANCE_VECTOR_CLONES
void gather(const std::int8_t* elements, const Gather& g, std::uint32_t* words) {
  gather_narrow(elements, g, words);
}
BITBALANCE_VECTOR_CLONES
void gather(const std::int16_t* elements, const Gather& g, std::uint32_t* low, std::uint32_t* high) {
  for (std::size_t p = 0; p < g.pairs; ++p, low += g.pitch, high += g.pitch) {
    for (std::size_t r = 0; r < g.run_count; ++r) {
      const std::int16_t* const even = elements + g.runs[r].base + g.offsets[2 * p];
      const std::int16_t* const odd = elements + g.runs[r].base + g.offsets[2 * p + 1];
      const std::size_t lane = g.runs[r].lane;
      for (std::uint32_t i = 0; i < g.runs[r].count; ++i) {
        low[lane + i] = pair(even[i] & 0xff, odd[i] & 0xff);
        high[lane + i] = pair(even[i] >> 8, odd[i] >> 8);
      }
    }
  }
}

}  // namespace

ActivationBuffer::ActivationBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name),
      loads("loads", [this](LoadBlock& block) { load(block); }),
      requests("requests", [this](LaneTile& pixels) { read(pixels); }),
      bytes_(static_cast<std::size_t>(config.activation_buffer_bytes)) {}

void ActivationBuffer::load(LoadBlock& block) {
  write_tensor(std::get<LoadActivations>(block.command->body), block.bytes, bytes_);
}

void ActivationBuffer::find_runs(const LaneTile& pixels) {
  runs_.clear();
  for (std::uint32_t lane = 0; lane < static_cast<std::uint32_t>(pixels.lanes); ++lane) {
    const std::uint32_t base = pixels.base[lane];
    if (!runs_.empty() && base == runs_.back().base + runs_.back().count) {
      ++runs_.back().count;
    } else {
      runs_.push_back({lane, base, 1});
    }
  }
}

void ActivationBuffer::find_offsets(const Compute& c) {
  const Shape shape{c.channels,   c.kernel_h,   c.kernel_w,   c.stride_h,     c.stride_w,
                    c.dilation_h, c.dilation_w, c.plane_rows, c.plane_columns};
  if (shape == shape_) return;
  shape_ = shape;
  offsets_.clear();
  for (std::uint32_t channel = 0; channel < c.channels; ++channel) {
    for (std::uint32_t r = 0; r < c.kernel_h; ++r) {
      for (std::uint32_t s = 0; s < c.kernel_w; ++s) {
        const std::uint32_t row = r * c.dilation_h, column = s * c.dilation_w;
        const std::uint32_t phase =
            (channel * c.stride_h + row % c.stride_h) * c.stride_w + column % c.stride_w;
        offsets_.push_back((phase * c.plane_rows + row / c.stride_h) * c.plane_columns + column / c.stride_w);
      }
    }
  }
  // The partner of a last step without one is multiplied by a weight of zero: any activation will do.
  if (offsets_.size() % 2 != 0) offsets_.push_back(offsets_.back());
}

void ActivationBuffer::read(LaneTile& pixels) {
  const auto& compute = std::get<Compute>(pixels.command->body);
  find_runs(pixels);
  find_offsets(compute);
  ActivationTile tile;
  tile.pixels = &pixels;
  tile.lane_pitch = (static_cast<std::size_t>(pixels.lanes) + kLaneVector - 1) / kLaneVector * kLaneVector;
  const Gather places{runs_.data(), runs_.size(), offsets_.data(), offsets_.size() / 2, tile.lane_pitch};
  const std::size_t words = places.pairs * places.pitch;
  if (low_.size() < words) low_.resize(words);
  if (compute.wide) {
    if (high_.size() < words) high_.resize(words);
    gather(reinterpret_cast<const std::int16_t*>(bytes_.data()), places, low_.data(), high_.data());
  } else if (compute.input_signed) {
    gather(reinterpret_cast<const std::int8_t*>(bytes_.data()), places, low_.data());
  } else {
    gather(bytes_.data(), places, low_.data());
  }
  tile.low = low_.data();
  tile.high = compute.wide ? high_.data() : nullptr;
  tiles.send(tile);
}

}  // namespace bitbalance::tlm_level
