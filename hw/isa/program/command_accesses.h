// Which bytes of which memory a command reads and writes: what must not happen in two orders, and what
// docs/commands.md says under "Well-synchronized programs".
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"

namespace bitbalance::isa {

enum class Storage : std::uint8_t { kWeights, kParameters, kTables, kActivations, kOutputs, kData };
const char* to_string(Storage storage);

/// images x channels pieces of `bytes` each.
struct ByteGrid {
  std::uint64_t begin = 0, bytes = 0;
  std::uint64_t channels = 1, channel_pitch = 0;
  std::uint64_t images = 1, image_pitch = 0;

  std::uint64_t end() const {
    return begin + (images - 1) * image_pitch + (channels - 1) * channel_pitch + bytes;
  }
};

/// A byte that both hold.
std::optional<std::uint64_t> common_byte(const ByteGrid& a, const ByteGrid& b);
/// A byte that two pieces hold.
std::optional<std::uint64_t> repeated_byte(const ByteGrid& grid);

struct Access {
  Storage storage = Storage::kData;
  bool writes = false;
  ByteGrid bytes;
};

/// Precondition: the command's fields are in range (command_check.h). Planes are taken as a
/// whole: with what a load's stride phases of unequal size leave out.
std::vector<Access> accesses_of(const Command& command, const AcceleratorConfig& config);

}  // namespace bitbalance::isa
