#include "testbench/run/system/data_region.h"

#include <algorithm>

#include "quant/eval/host_layer.h"
#include "testbench/golden/compare.h"

namespace bitbalance::runner {
namespace {

constexpr std::uint8_t kPoison = 0xa5;

std::vector<const Plane*> pointers_to(const std::vector<Plane>& planes) {
  std::vector<const Plane*> pointers(planes.size());
  std::transform(planes.begin(), planes.end(), pointers.begin(), [](const Plane& plane) { return &plane; });
  return pointers;
}

}  // namespace

void DataRegion::load_images(const Program& program, const std::vector<Plane>& images, int first) {
  system_.poke(base_, std::vector<std::uint8_t>(program.data_bytes, kPoison));
  for (int i = 0; i < program.batch; ++i) write(program, network_.input, i, images[first + i]);
}

void DataRegion::run_on_host(const Program& program, const ProgramLayer& layer) {
  for (int i = 0; i < program.batch; ++i) write(program, layer.output, i, host_result(program, layer, i));
}

std::vector<Plane> DataRegion::host_inputs(const Program& program, const ProgramLayer& layer, int image) {
  std::vector<Plane> inputs;
  for (const int tensor : host_sources(network_layer(layer))) inputs.push_back(read(program, tensor, image));
  return inputs;
}

Plane DataRegion::host_result(const Program& program, const ProgramLayer& layer, int image) {
  const std::vector<Plane> inputs = host_inputs(program, layer, image);
  return run_host_layer(network_, network_layer(layer), pointers_to(inputs));
}

std::vector<float> DataRegion::host_values(const Program& program, const ProgramLayer& layer, int image) {
  const std::vector<Plane> inputs = host_inputs(program, layer, image);
  return host_layer_values(network_, network_layer(layer), pointers_to(inputs));
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
