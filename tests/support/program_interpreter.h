// Executes a program's commands without hardware: each at once, but the engines in any order that their
// dependence flags allow. Shows that lowering is right and that the flags alone keep commands apart.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/config.h"
#include "hw/isa/program/program.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// Returns the data region after the run. `seed` picks which ready engine goes next. Throws std::logic_error
/// on a deadlock or when a command leaves a buffer. `data` is the region before: the input tensor's images at
/// their place.
std::vector<std::uint8_t> interpret(const Program& program, const AcceleratorConfig& config,
                                    std::vector<std::uint8_t> data, std::uint64_t seed);

/// The data region with the images in the input tensor's place, everything else `fill`.
std::vector<std::uint8_t> place_images(const Program& program, const QuantizedNetwork& network,
                                       const std::vector<std::vector<std::int32_t>>& images,
                                       std::uint8_t fill);

/// Elements of `tensor` of one image, as they lie in the data region.
std::vector<std::int32_t> read_tensor(const Program& program, const QuantizedNetwork& network,
                                      const std::vector<std::uint8_t>& data, int tensor, int image);

}  // namespace bitbalance::test
