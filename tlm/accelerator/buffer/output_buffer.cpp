#include "tlm/accelerator/buffer/output_buffer.h"

#include <algorithm>
#include <cstring>

#include "tlm/accelerator/datapath/results.h"
#include "tlm/accelerator/datapath/tensor_load.h"

namespace bitbalance::tlm_level {

OutputBuffer::OutputBuffer(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                           WorkerPool& workers)
    : sc_module(name), bytes_(static_cast<std::size_t>(config.output_buffer_bytes)), workers_(workers) {}

std::vector<std::uint8_t>& OutputBuffer::settled() {
  workers_.finish();
  return bytes_;
}

void OutputBuffer::take(LoadBlock& block) {
  write_tensor(std::get<LoadOutputs>(block.command->body), block.bytes, settled());
}

void OutputBuffer::take(ResultBlock& block) {
  workers_.start(block.products->parts(), [block, bytes = settled().data()](int part) {
    write_results(*block.products, *block.rule, part, bytes);
  });
}

void OutputBuffer::take(ElementBlock& block) {
  if (block.width == Width::k16) {
    copy<std::int16_t>(block);
  } else if (block.is_signed) {
    copy<std::int8_t>(block);
  } else {
    copy<std::uint8_t>(block);
  }
}

template <class Element>
void OutputBuffer::copy(const ElementBlock& block) {
  Element* const place = reinterpret_cast<Element*>(settled().data()) + block.address;
  if (block.is_request) {
    std::copy_n(place, block.count, block.value);
  } else {
    std::transform(block.value, block.value + block.count, place,
                   [](std::int32_t value) { return static_cast<Element>(value); });
  }
}

void OutputBuffer::take(CommandBlock& block) {
  const auto& store = std::get<Store>(block.command->body);
  const std::size_t size = element_bytes(store.slice.width);
  const std::size_t image = std::size_t{store.slice.channels} * store.slice.rows * store.slice.columns * size;
  const std::uint8_t* const from = settled().data() + store.base * size;
  StoreBlock bytes;
  bytes.command = block.command;
  bytes.popped = block.popped;
  bytes.bytes.resize(image * store.slice.images);
  for (std::size_t n = 0; n < store.slice.images; ++n)
    std::memcpy(bytes.bytes.data() + n * image, from + n * store.image_stride * size, image);
  stores->take(bytes);
}

}  // namespace bitbalance::tlm_level
