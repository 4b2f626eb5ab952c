#include "testbench/run/system/data_region.h"

#include <algorithm>

#include "quant/eval/host_layer.h"
#include "testbench/golden/compare.h"

namespace bitbalance::runner {
namespace {

constexpr std::uint8_t kPoison = 0xa5;

}  // namespace

void DataRegion::load_images(const Program& program, const std::vector<Plane>& images, int first) {
  system_.poke(base_, std::vector<std::uint8_t>(program.data_bytes, kPoison));
  for (int i = 0; i < program.batch; ++i) write(program, network_.input, i, images[first + i]);
}

void DataRegion::run_on_host(const Program& program, const ProgramLayer& layer) {
  for (int i = 0; i < program.batch; ++i) write(program, layer.output, i, host_result(program, layer, i));
}

Plane DataRegion::host_result(const Program& program, const ProgramLayer& layer, int image) {
  const QuantizedLayer& computed = network_.layers[layer.network_layers.front()];
  const std::vector<int> tensors = host_sources(computed);
  std::vector<Plane> values(tensors.size());
  std::vector<const Plane*> inputs(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    values[i] = read(program, tensors[i], image);
    inputs[i] = &values[i];
  }
  return run_host_layer(network_, computed, inputs);
}

Plane DataRegion::read(const Program& program, int tensor, int image) {
  const QuantizedTensor& format = network_.tensors[tensor];
  return unpack(format, system_.peek(address(program, tensor, image), image_bytes(format)).data());
}

void DataRegion::write(const Program& program, int tensor, int image, const Plane& elements) {
  system_.poke(address(program, tensor, image), pack(network_.tensors[tensor], elements));
}

void DataRegion::poison(const Program& program, int tensor, int image) {
  const std::size_t bytes = image_bytes(network_.tensors[tensor]);
  system_.poke(address(program, tensor, image), std::vector<std::uint8_t>(bytes, kPoison));
}

std::uint64_t DataRegion::address(const Program& program, int tensor, int image) const {
  const auto place = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [&](const TensorPlacement& p) { return p.tensor == tensor; });
  return base_ + place->offset + std::uint64_t{place->image_pitch} * image;
}

}  // namespace bitbalance::runner
