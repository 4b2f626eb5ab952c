#include "hw/isa/command/command.h"

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <utility>

#include "base/bits.h"
#include "base/text/enum_index.h"
#include "hw/isa/command/command_fields.h"

namespace bitbalance::isa {
namespace {

using CommandBody = decltype(Command::body);

/// What the descriptions say of a kind of command.
struct CommandKind {
  Opcode opcode;
  std::optional<Engine> engine;
  const char* name;
};

/// In the order of the variant.
template <std::size_t... I>
constexpr auto kinds(std::index_sequence<I...> /*alternatives*/) {
  return std::array{CommandKind{CommandDescription<std::variant_alternative_t<I, CommandBody>>::kOpcode,
                                CommandDescription<std::variant_alternative_t<I, CommandBody>>::kEngine,
                                CommandDescription<std::variant_alternative_t<I, CommandBody>>::kName}...};
}
constexpr auto kAlternatives = std::make_index_sequence<std::variant_size_v<CommandBody>>{};
constexpr auto kKinds = kinds(kAlternatives);

const CommandKind& kind_of(const Command& command) {
  return kKinds[command.body.index()];
}

/// An empty body of that opcode; whether there is one.
template <std::size_t... I>
bool set_body(CommandBody& body, Opcode opcode, std::index_sequence<I...> /*alternatives*/) {
  return ((kKinds[I].opcode == opcode && (body.emplace<I>(), true)) || ...);
}

/// Calls `piece(byte, bit, count, done)` for each byte that has some of the `bits` from `place` on: `count`
/// from its bit `bit` on, after `done` in the bytes before.
template <class Piece>
void for_bytes(int place, int bits, const Piece& piece) {
  for (int done = 0, count = 0; done < bits; done += count, place += count) {
    count = std::min(8 - place % 8, bits - done);
    piece(static_cast<std::size_t>(place / 8), place % 8, count, done);
  }
}

class Writer {
 public:
  Writer(CommandBytes& bytes, int first_byte) : bytes_(bytes), places_(first_byte) {}

  template <class T>
  void operator()(const Field& field, const T& value) {
    const int width = bits_of<T>(field);
    const auto bits = static_cast<std::uint64_t>(static_cast<std::int64_t>(value) - field.bias);
    for_bytes(places_.next(width), width, [&](std::size_t byte, int bit, int count, int done) {
      bytes_[byte] |= static_cast<std::uint8_t>((bits >> done & low_mask(count)) << bit);
    });
  }

 private:
  CommandBytes& bytes_;
  FieldPlaces places_;
};

class Reader {
 public:
  Reader(const CommandBytes& bytes, int first_byte) : bytes_(bytes), places_(first_byte) {}

  template <class T>
  void operator()(const Field& field, T& value) {
    const int width = bits_of<T>(field);
    std::uint64_t bits = 0;
    for_bytes(places_.next(width), width, [&](std::size_t byte, int bit, int count, int done) {
      bits |= (bytes_[byte] >> bit & low_mask(count)) << done;
    });
    if (field.zero_is_full && bits == 0) bits = std::uint64_t{1} << width;
    value = static_cast<T>(bits + static_cast<std::uint64_t>(field.bias));
  }

 private:
  const CommandBytes& bytes_;
  FieldPlaces places_;
};

constexpr Field kMagicField("magic");
constexpr Field kVersionField("version");

std::uint32_t crc_of(const CommandBytes& bytes, std::uint32_t seed) {
  boost::crc_32_type crc;
  for (unsigned i = 0; i < 4; ++i) crc.process_byte(static_cast<unsigned char>(seed >> (8 * i)));
  crc.process_bytes(bytes.data(), kCrcBegin);
  return crc.checksum();
}

void seal(CommandBytes& bytes, std::uint32_t seed) {
  const std::uint32_t crc = crc_of(bytes, seed);
  for (unsigned i = 0; i < 4; ++i) bytes[kCrcBegin + i] = static_cast<std::uint8_t>(crc >> (8 * i));
}

bool sealed(const CommandBytes& bytes, std::uint32_t seed) {
  CommandBytes copy = bytes;
  seal(copy, seed);
  return std::equal(copy.begin() + kCrcBegin, copy.end(), bytes.begin() + kCrcBegin);
}

// Not a command index: no header passes for a command, no command for a header.
constexpr std::uint32_t kHeaderSeed = 0xffffffff;

}  // namespace

const char* to_string(Engine engine) {
  constexpr const char* kNames[kEngines] = {"load", "compute", "vector", "store"};
  return kNames[enum_index(engine)];
}

Opcode opcode_of(const Command& command) {
  return kind_of(command).opcode;
}

const char* name_of(const Command& command) {
  return kind_of(command).name;
}

bool has_engine(const Command& command) {
  return kind_of(command).engine.has_value();
}

Engine engine_of(const Command& command) {
  return kind_of(command).engine.value();
}

CommandBytes encode(const Command& command, std::uint32_t index) {
  CommandBytes bytes{};
  bytes[0] = static_cast<std::uint8_t>(opcode_of(command));
  describe_header(command.header, Writer(bytes, kHeaderBegin));
  std::visit(
      [&](const auto& body) {
        using Body = std::decay_t<decltype(body)>;
        CommandDescription<Body>::fields(body, Writer(bytes, kBodyBegin));
      },
      command.body);
  seal(bytes, index);
  return bytes;
}

DecodedCommand decode(const CommandBytes& bytes, std::uint32_t index) {
  DecodedCommand result;
  if (!sealed(bytes, index)) {
    result.fault = ProgramFault::kCommandCrc;
    return result;
  }
  Command& command = result.command;
  describe_header(command.header, Reader(bytes, kHeaderBegin));
  if (!set_body(command.body, static_cast<Opcode>(bytes[0]), kAlternatives)) {
    result.fault = ProgramFault::kBadOpcode;
    return result;
  }
  std::visit(
      [&](auto& body) {
        using Body = std::decay_t<decltype(body)>;
        CommandDescription<Body>::fields(body, Reader(bytes, kBodyBegin));
      },
      command.body);
  return result;
}

CommandBytes encode(const ProgramHeader& header) {
  CommandBytes bytes{};
  Writer write(bytes, 0);
  write(kMagicField, ProgramHeader::kMagic);
  write(kVersionField, ProgramHeader::kVersion);
  describe_program(header, write);
  seal(bytes, kHeaderSeed);
  return bytes;
}

DecodedHeader decode_header(const CommandBytes& bytes, std::uint32_t expected_hash) {
  DecodedHeader result;
  std::uint32_t magic = 0, version = 0;
  Reader read(bytes, 0);
  read(kMagicField, magic);
  read(kVersionField, version);
  describe_program(result.header, read);
  if (magic != ProgramHeader::kMagic) {
    result.fault = ProgramFault::kBadMagic;
  } else if (version != ProgramHeader::kVersion) {
    result.fault = ProgramFault::kBadVersion;
  } else if (!sealed(bytes, kHeaderSeed)) {
    result.fault = ProgramFault::kHeaderCrc;
  } else if (result.header.config_hash != expected_hash) {
    result.fault = ProgramFault::kWrongConfiguration;
  }
  return result;
}

const char* to_string(ProgramFault fault) {
  switch (fault) {
    case ProgramFault::kNone:
      return "none";
    case ProgramFault::kBadMagic:
      return "not a program: bad magic number";
    case ProgramFault::kBadVersion:
      return "program of another version";
    case ProgramFault::kWrongConfiguration:
      return "program made for another accelerator configuration";
    case ProgramFault::kHeaderCrc:
      return "bad CRC of the program header";
    case ProgramFault::kCommandCrc:
      return "bad CRC of a command";
    case ProgramFault::kBadOpcode:
      return "unknown opcode";
    case ProgramFault::kBadField:
      return "a command's field is out of range";
    case ProgramFault::kStoreOutsideData:
      return "a store leaves the data region";
    case ProgramFault::kLoadOutsideRegion:
      return "a load leaves its region";
    case ProgramFault::kMemoryError:
      return "the memory answered with an error";
    case ProgramFault::kTimeout:
      return "no progress";
    case ProgramFault::kMisalignedRegion:
      return "the base of a region is no multiple of 256";
  }
  return "?";
}

}  // namespace bitbalance::isa
