// A program on disk with all that a platform needs to run it: docs/program-files.md. Written by `bitbalance
// build`, read without ONNX or YAML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/shape.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/program/names.h"

namespace bitbalance::stored {

/// In the data region, planar; images `image_pitch` bytes apart.
struct StoredTensor {
  std::string name;
  std::uint32_t offset = 0, image_pitch = 0;
  Shape shape;  ///< of one image
  int bits = 8;
  bool is_signed = true;
  double scale = 1;

  std::uint32_t element_bytes() const { return static_cast<std::uint32_t>(bits) / 8; }
  std::int64_t image_bytes() const { return shape.elements() * element_bytes(); }
};

struct HostLayer {
  std::string name, op;
};

struct StoredProgram {
  std::string made_by, scenario, network;
  AcceleratorConfig accelerator;
  /// The ideal memory it was mapped for.
  std::int64_t latency_cycles = 50, bytes_per_cycle_numerator = 64, bytes_per_cycle_denominator = 5;
  std::int64_t batch = 1, images = 1;
  std::uint32_t data_bytes = 0;
  std::vector<std::uint8_t> constants, inputs, expected;
  std::vector<StoredTensor> tensors;   ///< by offset
  std::size_t input = 0, output = 0;   ///< of `tensors`
  std::vector<HostLayer> host_layers;  ///< what the host would still do with `output`
  std::vector<int> labels;             ///< of each image; empty: unknown

  const StoredTensor& input_tensor() const { return tensors[input]; }
  const StoredTensor& output_tensor() const { return tensors[output]; }
};

/// In their order. Precondition: each of them is whole, as load_program() makes sure.
std::vector<Command> commands_of(const StoredProgram& program);

/// What is in the folder: names and bytes.
std::vector<std::pair<std::string, std::string>> files_of(const StoredProgram& program);

/// Throws std::invalid_argument, one line with file, place, what was found and what is accepted, for
/// everything that is missing, damaged, of another version or does not fit together: keys, ranges, sizes,
/// checksums, the program's header and the checksum of every command.
StoredProgram load_program(const std::filesystem::path& folder);

}  // namespace bitbalance::stored
