#include "tlm/accelerator/output_buffer.h"

#include <algorithm>
#include <cstring>

#include "tlm/accelerator/tensor_load.h"

namespace bitbalance::tlm_level {

OutputBuffer::OutputBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name),
      loads("loads", [this](LoadBlock& block) { load(block); }),
      results("results", [this](ResultTile& tile) { take(tile); }),
      elements("elements", [this](ElementBlock& block) { access(block); }),
      commands("commands", [this](CommandBlock& block) { store(block); }),
      bytes_(static_cast<std::size_t>(config.output_buffer_bytes)) {}

void OutputBuffer::load(LoadBlock& block) {
  write_tensor(std::get<LoadOutputs>(block.command->body), block.bytes, bytes_);
}

void OutputBuffer::take(ResultTile& tile) {
  const auto& compute = std::get<Compute>(tile.pixels->command->body);
  const bool is_signed = tile.is_request ? compute.operand_signed : compute.output_signed;
  if (compute.wide) {
    merge<std::int16_t>(tile);
  } else if (is_signed) {
    merge<std::int8_t>(tile);
  } else {
    merge<std::uint8_t>(tile);
  }
}

template <class Element>
void OutputBuffer::merge(const ResultTile& tile) {
  const LaneTile& pixels = *tile.pixels;
  const auto& compute = std::get<Compute>(pixels.command->body);
  const bool pooled = compute.pool_h > 1 || compute.pool_w > 1;
  for (std::size_t row = 0; row < static_cast<std::size_t>(tile.rows); ++row) {
    Element* const place = as<Element>() + tile.row_offset + row * tile.row_pitch;
    std::int32_t* const value = tile.value + row * tile.pitch;
    for (std::size_t lane = 0; lane < static_cast<std::size_t>(pixels.lanes); ++lane) {
      const std::uint32_t address = pixels.address[lane];
      if (address == LaneTile::kDropped) continue;
      if (tile.is_request) {
        value[lane] = std::int32_t{place[address]};  // sign- or zero-extended by the type of `place`
      } else {
        const bool is_larger = !pooled || pixels.first_of_pool[lane] || value[lane] > place[address];
        if (is_larger) place[address] = static_cast<Element>(value[lane]);
      }
    }
  }
}

void OutputBuffer::access(ElementBlock& block) {
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
