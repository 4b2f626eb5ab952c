#include "tlm/accelerator/datapath/results.h"

#include <algorithm>
#include <vector>

namespace bitbalance::tlm_level {
namespace {

/// Calls move(place of the line's first result, its first value, line's row) for each line of each channel.
template <class Element, class Move>
void for_each_line(const SumStrip& strip, std::int32_t* value, Element* elements, const Move& move) {
  const PixelStrip& pixels = *strip.pixels;
  const Compute& c = *pixels.compute;
  const int rows = c.result_rows(), columns = c.result_columns();
  const auto plane = static_cast<std::size_t>(c.result_plane());
  const std::size_t channel = static_cast<std::size_t>(pixels.conv_group) * c.output_channels +
                              static_cast<std::size_t>(strip.first_channel);
  for (std::size_t r = 0; r < static_cast<std::size_t>(strip.rows); ++r) {
    for (int line = pixels.begin; line < pixels.end; ++line) {
      const int row = line % c.rows;
      if (row / c.pool_h >= rows) continue;  // left out by fused pooling's floor
      const std::size_t place = c.output_base +
                                static_cast<std::size_t>(line / c.rows) * c.output_image_stride +
                                (channel + r) * plane + static_cast<std::size_t>(row / c.pool_h) * columns;
      move(elements + place, value + r * strip.pitch + pixels.first_lane(line), row);
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

/// Sign- or zero-extended by the type of the element. Pixels of a pooling window find the same one.
template <class Element>
void read_operands(const SumStrip& strip, const Element* elements, std::int32_t* operands) {
  const Compute& c = *strip.pixels->compute;
  for_each_line(strip, operands, elements, [&](const Element* from, std::int32_t* value, int /*row*/) {
    for (int x = 0; x < c.result_columns() * c.pool_w; ++x) value[x] = std::int32_t{from[x / c.pool_w]};
  });
}

template <class Element>
void merge(const SumStrip& strip, std::int32_t* values, Element* elements) {
  const Compute& c = *strip.pixels->compute;
  for_each_line(strip, values, elements, [&](Element* to, const std::int32_t* value, int row) {
    const int columns = c.result_columns();
    if (c.pool_h == 1 && c.pool_w == 1) {
      std::transform(value, value + columns, to, [](std::int32_t v) { return static_cast<Element>(v); });
    } else if (c.pool_w == 2) {
      pool_line(value, columns, 2, row % c.pool_h == 0, to);
    } else {
      pool_line(value, columns, c.pool_w, row % c.pool_h == 0, to);
    }
  });
}

/// Calls access(bytes) with the bytes as elements of that kind.
template <class Access>
void with_elements(Width width, bool is_signed, std::uint8_t* bytes, const Access& access) {
  if (width == Width::k16) {
    access(reinterpret_cast<std::int16_t*>(bytes));
  } else if (is_signed) {
    access(reinterpret_cast<std::int8_t*>(bytes));
  } else {
    access(bytes);
  }
}

}  // namespace

void write_results(const Products& products, const ResultRule& rule, int part, std::uint8_t* output_buffer) {
  const Compute& c = products.compute();
  const SumStrip sums = products.sums(part);
  if (!c.last_chunk) return;
  thread_local std::vector<std::int32_t> values;
  values.resize(sums.pitch * static_cast<std::size_t>(sums.rows));
  if (c.operand) {
    with_elements(c.width, c.operand_signed, output_buffer,
                  [&](const auto* elements) { read_operands(sums, elements, values.data()); });
  }
  rule.finish(sums, values.data());
  with_elements(c.width, c.output_signed, output_buffer,
                [&](auto* elements) { merge(sums, values.data(), elements); });
}

}  // namespace bitbalance::tlm_level
