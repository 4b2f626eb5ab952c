#include "tests/support/damaged_program.h"

#include <algorithm>
#include <boost/crc.hpp>
#include <vector>

#include "hw/isa/command/command_check.h"
#include "hw/isa/program/region_map.h"

namespace bitbalance::test {
namespace {

constexpr std::size_t kBodyBegin = 8, kCrcBegin = 60;
constexpr std::uint32_t kHeaderSeed = 0xffffffff;

/// An image of the constants taken apart: header, commands, and what commands load.
class Image {
 public:
  explicit Image(const Program& program) {
    const auto record = [&](std::size_t i) {
      CommandBytes bytes{};
      std::copy_n(program.constants.begin() + static_cast<std::ptrdiff_t>(i * kCommandBytes), kCommandBytes,
                  bytes.begin());
      return bytes;
    };
    header = record(0);
    const std::uint32_t commands = count();
    for (std::size_t i = 0; i < commands; ++i) records.push_back(record(i + 1));
    blobs.assign(program.constants.begin() + static_cast<std::ptrdiff_t>((commands + 1) * kCommandBytes),
                 program.constants.end());
  }

  /// With the right number of commands, offsets of blobs and checksums.
  void write(Program& program) {
    const auto shift = static_cast<std::uint32_t>(records.size() - count()) * kCommandBytes;
    if (shift != 0) {
      for (CommandBytes& record : records) move_blob(record, shift);
      put(header, 12, static_cast<std::uint32_t>(records.size()));
      put(header, 16, get(header, 16) + shift);
    }
    header = sealed(header, kHeaderSeed);
    program.constants.clear();
    const auto append = [&](const auto& bytes) {
      program.constants.insert(program.constants.end(), bytes.begin(), bytes.end());
    };
    append(header);
    for (std::size_t i = 0; i < records.size(); ++i) {
      records[i] = sealed(records[i], static_cast<std::uint32_t>(i));
      append(records[i]);
    }
    append(blobs);
    program.constants_bytes = static_cast<std::uint32_t>(program.constants.size());
    program.commands.clear();
    for (std::size_t i = 0; i < records.size(); ++i) {
      const DecodedCommand decoded = decode(records[i], static_cast<std::uint32_t>(i));
      if (decoded.fault != ProgramFault::kNone) break;
      program.commands.push_back(decoded.command);
    }
  }

  CommandBytes header;
  std::vector<CommandBytes> records;
  std::vector<std::uint8_t> blobs;

 private:
  static std::uint32_t get(const CommandBytes& bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
    return value;
  }
  static void put(CommandBytes& bytes, std::size_t at, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  static void move_blob(CommandBytes& record, std::uint32_t shift) {
    const auto opcode = static_cast<Opcode>(record[0]);
    if (opcode == Opcode::kLoadWeights || opcode == Opcode::kLoadParameters || opcode == Opcode::kLoadTable)
      put(record, 8, get(record, 8) + shift);
  }
  std::uint32_t count() const { return get(header, 12); }
};

bool is_in_range(const CommandBytes& record, const Program& program, const AcceleratorConfig& config) {
  const DecodedCommand decoded = decode(sealed(record, 0), 0);
  if (decoded.fault != ProgramFault::kNone) return false;
  RegionMap regions;
  regions.bytes[static_cast<int>(Region::kConstants)] = program.constants_bytes;
  regions.bytes[static_cast<int>(Region::kData)] = program.data_bytes;
  return check(decoded.command, config, regions) == ProgramFault::kNone;
}

class Damage {
 public:
  Damage(Image& image, const Program& program, const AcceleratorConfig& config, std::mt19937_64& random)
      : image_(image), program_(program), config_(config), random_(random) {}

  void once() {
    switch (below(12)) {
      case 0:  // doubled
        image_.records.insert(at(below(size())), any());
        return;
      case 1:  // lost; End stays the last
        if (size() > 1) image_.records.erase(at(below(size() - 1)));
        return;
      case 2:  // swapped with its neighbour
        if (size() > 2) {
          const std::size_t first = below(size() - 2);
          std::swap(image_.records[first], image_.records[first + 1]);
        }
        return;
      case 3:  // with any other
        if (size() > 1) std::swap(image_.records[below(size() - 1)], image_.records[below(size() - 1)]);
        return;
      case 4: {  // a run of them the other way round
        const std::size_t first = below(size());
        std::reverse(at(first), at(first + below(std::min<std::size_t>(5, size() - first))));
        return;
      }
      case 5:
      case 6:  // flags
        any()[1] ^= bit();
        return;
      case 7:  // in front of the body
        any()[below(kBodyBegin)] ^= bit();
        return;
      case 8:  // what is loaded
        if (!image_.blobs.empty())
          image_.blobs[below(image_.blobs.size())] = static_cast<std::uint8_t>(random_());
        return;
      case 9:
        damage_body(any());
        return;
      default:
        damage_within_range(any());
    }
  }

  /// Barriers instead of flags.
  void put_in_line() {
    std::vector<CommandBytes> records;
    CommandBytes barrier{};
    barrier[0] = static_cast<std::uint8_t>(Opcode::kBarrier);
    for (CommandBytes& record : image_.records) {
      if (!records.empty()) records.push_back(barrier);
      record[1] = 0;
      records.push_back(record);
    }
    image_.records = records;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::uint8_t bit() { return static_cast<std::uint8_t>(1u << below(8)); }
  std::size_t size() const { return image_.records.size(); }
  std::vector<CommandBytes>::iterator at(std::size_t index) {
    return image_.records.begin() + static_cast<std::ptrdiff_t>(index);
  }
  CommandBytes& any() { return image_.records[below(size())]; }

  void damage_body(CommandBytes& record) {
    const std::size_t place = kBodyBegin + below(kCrcBegin - kBodyBegin);
    switch (below(4)) {
      case 0:
        record[place] ^= bit();
        return;
      case 1:  // a little larger or smaller
        record[place] = static_cast<std::uint8_t>(record[place] + below(17) - 8);
        return;
      case 2: {  // a field of another command
        const CommandBytes& from = any();
        const std::size_t first = place / 2 * 2;
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(first), 2,
                    record.begin() + static_cast<std::ptrdiff_t>(first));
        return;
      }
      default:  // anything
        record[place] = static_cast<std::uint8_t>(random_());
    }
  }

  /// Several fields of a command, so that it still is performed.
  void damage_within_range(CommandBytes& record) {
    for (int attempt = 0; attempt < 100; ++attempt) {
      CommandBytes damaged = record;
      for (std::size_t places = 1 + below(4); places > 0; --places) damage_body(damaged);
      if (!is_in_range(damaged, program_, config_)) continue;
      record = damaged;
      return;
    }
  }

  Image& image_;
  const Program& program_;
  const AcceleratorConfig& config_;
  std::mt19937_64& random_;
};

}  // namespace

/// As docs/commands.md says: over bytes 0-59, seeded with the record's index.
CommandBytes sealed(CommandBytes record, std::uint32_t index) {
  boost::crc_32_type crc;
  for (unsigned i = 0; i < 4; ++i) crc.process_byte(static_cast<unsigned char>(index >> (8 * i)));
  crc.process_bytes(record.data(), kCrcBegin);
  for (unsigned i = 0; i < 4; ++i)
    record[kCrcBegin + i] = static_cast<std::uint8_t>(crc.checksum() >> (8 * i));
  return record;
}

void damage(Program& program, const AcceleratorConfig& config, std::mt19937_64& random) {
  Image image(program);
  Damage damage(image, program, config, random);
  for (std::size_t places = 1 + random() % 4; places > 0; --places) damage.once();
  if (random() % 3 == 0) damage.put_in_line();
  image.write(program);
  if (random() % 20 == 0) {  // numbers of the header
    image.header[12 + random() % 12] ^= static_cast<std::uint8_t>(1u << random() % 8);
    image.header = sealed(image.header, kHeaderSeed);
    std::copy(image.header.begin(), image.header.end(), program.constants.begin());
  }
}

void replace_commands(Program& program, const std::vector<Command>& commands) {
  Image image(program);
  image.records.clear();
  for (std::size_t i = 0; i < commands.size(); ++i)
    image.records.push_back(encode(commands[i], static_cast<std::uint32_t>(i)));
  image.write(program);
}

}  // namespace bitbalance::test
