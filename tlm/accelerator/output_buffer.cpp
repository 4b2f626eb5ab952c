#include "tlm/accelerator/output_buffer.h"

#include <algorithm>
#include <cstring>

#include "tlm/accelerator/tensor_load.h"

namespace bitbalance::tlm_level {

namespace {

/// Calls move(place of the line's first result, its first value, line's row) for each line of each channel.
template <class Element, class Move>
void for_each_line(const ResultTile& tile, Element* elements, const Move& move) {
  const PixelStrip& pixels = *tile.pixels;
  const Compute& c = *pixels.compute;
  const int rows = c.rows / c.pool_h, columns = c.columns / c.pool_w;  // of the results
  const std::size_t plane = static_cast<std::size_t>(rows) * columns;
  const std::size_t channel = static_cast<std::size_t>(pixels.conv_group) * c.output_channels +
                              static_cast<std::size_t>(tile.first_channel);
  for (std::size_t r = 0; r < static_cast<std::size_t>(tile.rows); ++r) {
    for (int line = pixels.begin; line < pixels.end; ++line) {
      const int row = line % c.rows;
      if (row / c.pool_h >= rows) continue;  // left out by fused pooling's floor
      const std::size_t place = c.output_base +
                                static_cast<std::size_t>(line / c.rows) * c.output_image_stride +
                                (channel + r) * plane + static_cast<std::size_t>(row / c.pool_h) * columns;
      move(elements + place, tile.value + r * tile.pitch + pixels.first_lane(line), row);
    }
  }
}

/// Takes a line of pixels into the largest of their pooling windows; `is_first`: of the windows' lines.
template <class Element>
[[gnu::always_inline]] inline void pool_line(const std::int32_t* value, int windows, int width, bool is_first,
                                             Element* to) {
  for (int x = 0; x < windows; ++x) {
    Element largest = is_first ? static_cast<Element>(*value) : to[x];
    for (int i = 0; i < width; ++i, ++value)
      if (*value > largest) largest = static_cast<Element>(*value);
    to[x] = largest;
  }
}

}  // namespace

OutputBuffer::OutputBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                           WorkerPool& workers)
    : sc_module(name),
      loads("loads", [this](LoadBlock& block) { load(block); }),
      results("results", [this](ResultTile& tile) { take(tile); }),
      elements("elements", [this](ElementBlock& block) { access(block); }),
      commands("commands", [this](CommandBlock& block) { store(block); }),
      bytes_(static_cast<std::size_t>(config.output_buffer_bytes)),
      workers_(workers) {}

void OutputBuffer::load(LoadBlock& block) {
  workers_.finish();
  write_tensor(std::get<LoadOutputs>(block.command->body), block.bytes, bytes_);
}

void OutputBuffer::take(ResultTile& tile) {
  const Compute& compute = *tile.pixels->compute;
  const auto perform = [&](auto element) {
    using Element = decltype(element);
    if (tile.is_request) {
      read<Element>(tile);
    } else {
      merge<Element>(tile);
    }
  };
  if (compute.wide) {
    perform(std::int16_t{});
  } else if (tile.is_request ? compute.operand_signed : compute.output_signed) {
    perform(std::int8_t{});
  } else {
    perform(std::uint8_t{});
  }
}

/// Sign- or zero-extended by the type of the element. Pixels of a pooling window find the same one.
template <class Element>
void OutputBuffer::read(const ResultTile& tile) {
  const Compute& c = *tile.pixels->compute;
  for_each_line(tile, as<Element>(), [&](const Element* from, std::int32_t* value, int /*row*/) {
    for (int x = 0; x < c.columns / c.pool_w * c.pool_w; ++x) value[x] = std::int32_t{from[x / c.pool_w]};
  });
}

template <class Element>
void OutputBuffer::merge(const ResultTile& tile) {
  const Compute& c = *tile.pixels->compute;
  for_each_line(tile, as<Element>(), [&](Element* to, const std::int32_t* value, int row) {
    const int columns = c.columns / c.pool_w;
    if (c.pool_h == 1 && c.pool_w == 1) {
      std::transform(value, value + columns, to, [](std::int32_t v) { return static_cast<Element>(v); });
    } else if (c.pool_w == 2) {
      pool_line(value, columns, 2, row % c.pool_h == 0, to);
    } else {
      pool_line(value, columns, c.pool_w, row % c.pool_h == 0, to);
    }
  });
}

void OutputBuffer::access(ElementBlock& block) {
  workers_.finish();
  if (block.wide) {
    copy<std::int16_t>(block);
  } else if (block.is_signed) {
    copy<std::int8_t>(block);
  } else {
    copy<std::uint8_t>(block);
  }
}

template <class Element>
void OutputBuffer::copy(const ElementBlock& block) {
  Element* const place = as<Element>() + block.address;
  if (block.is_request) {
    std::copy_n(place, block.count, block.value);
  } else {
    std::transform(block.value, block.value + block.count, place,
                   [](std::int32_t value) { return static_cast<Element>(value); });
  }
}

void OutputBuffer::store(CommandBlock& block) {
  workers_.finish();
  const auto& store = std::get<Store>(block.command->body);
  const std::size_t size = store.slice.wide ? 2 : 1;
  const std::size_t image = std::size_t{store.slice.channels} * store.slice.rows * store.slice.columns * size;
  StoreBlock bytes;
  bytes.command = block.command;
  bytes.popped = block.popped;
  bytes.bytes.resize(image * store.slice.images);
  for (std::size_t n = 0; n < store.slice.images; ++n) {
    std::memcpy(bytes.bytes.data() + n * image, bytes_.data() + (store.base + n * store.image_stride) * size,
                image);
  }
  stores.send(bytes);
}

}  // namespace bitbalance::tlm_level
