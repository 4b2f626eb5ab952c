#include "tlm/accelerator/datapath/tensor_load.h"

#include <algorithm>
#include <cstring>

namespace bitbalance::tlm_level {
namespace {

/// One padded row. `source`: null where all of it is padding.
template <class Element>
void write_row(const LoadTensor& load, const std::uint8_t* source, Element* row, std::size_t phase_pitch) {
  const int columns = load.padded_columns();
  const int data_end = load.pad_left + load.slice.columns;
  for (int phase = 0; phase < load.stride_w; ++phase) {
    Element* to = row + static_cast<std::size_t>(phase) * phase_pitch;
    if (load.stride_w == 1 && source != nullptr) {
      std::fill(to, to + load.pad_left, static_cast<Element>(load.pad_value));
      std::memcpy(to + load.pad_left, source, load.slice.columns * sizeof(Element));
      std::fill(to + data_end, to + columns, static_cast<Element>(load.pad_value));
      continue;
    }
    for (int x = phase; x < columns; x += load.stride_w, ++to) {
      *to = static_cast<Element>(load.pad_value);
      if (source != nullptr && x >= load.pad_left && x < data_end)
        std::memcpy(to, source + static_cast<std::size_t>(x - load.pad_left) * sizeof(Element), sizeof *to);
    }
  }
}

template <class Element>
void write(const LoadTensor& load, const std::uint8_t* source, Element* buffer) {
  const auto plane_columns = static_cast<std::size_t>(load.plane_columns());
  const std::size_t plane = static_cast<std::size_t>(load.plane_rows()) * plane_columns;
  const std::size_t row_bytes = load.slice.columns * sizeof(Element);
  for (std::size_t image = 0; image < load.slice.images; ++image) {
    Element* to = buffer + load.base + image * load.image_stride;
    for (int channel = 0; channel < load.slice.channels; ++channel) {
      for (int y = 0; y < load.padded_rows(); ++y) {
        const bool has_data = y >= load.pad_top && y < load.pad_top + load.slice.rows;
        const auto phase = static_cast<std::size_t>(y % load.stride_h) * load.stride_w;
        write_row(load, has_data ? source : nullptr,
                  to + phase * plane + static_cast<std::size_t>(y / load.stride_h) * plane_columns, plane);
        if (has_data) source += row_bytes;
      }
      to += load.channel_stride();
    }
  }
}

}  // namespace

void write_tensor(const LoadTensor& load, const std::uint8_t* source, std::vector<std::uint8_t>& buffer) {
  if (load.slice.width == Width::k16) {
    write(load, source, reinterpret_cast<std::int16_t*>(buffer.data()));
  } else {
    write(load, source, buffer.data());
  }
}

}  // namespace bitbalance::tlm_level
