#include "hw/isa/command.h"

#include <algorithm>
#include <boost/crc.hpp>

namespace bitbalance::isa {
namespace {

// Byte layout: 0 opcode, 1 wait (low nibble) and signal (high nibble), 2-3 layer, 4 header flags, 8-59 body,
// 60-63 CRC. A body is described once, as a sequence of fields visited in order; writing and reading are two
// visitors of it.
constexpr std::size_t kBodyBegin = 8;
constexpr std::size_t kCrcBegin = 60;

class Writer {
 public:
  static constexpr bool kReading = false;
  explicit Writer(CommandBytes& bytes) : bytes_(bytes) {}

  template <class T>
  void field(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_[at_++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
  }
  void nibbles(std::uint8_t low, std::uint8_t high) {
    field(static_cast<std::uint8_t>((low & 15) | high << 4));
  }
  template <class... Flags>
  void flags(Flags... flag) {
    unsigned bits = 0, at = 0;
    ((bits |= static_cast<unsigned>(flag) << at++), ...);
    field(static_cast<std::uint8_t>(bits));
  }

 private:
  CommandBytes& bytes_;
  std::size_t at_ = kBodyBegin;
};

class Reader {
 public:
  static constexpr bool kReading = true;
  explicit Reader(const CommandBytes& bytes) : bytes_(bytes) {}

  template <class T>
  void field(T& value) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= std::uint64_t{bytes_[at_++]} << (8 * i);
    value = static_cast<T>(bits);
  }
  void nibbles(std::uint8_t& low, std::uint8_t& high) {
    low = bytes_[at_] & 15;
    high = static_cast<std::uint8_t>(bytes_[at_++] >> 4);
  }
  template <class... Flags>
  void flags(Flags&... flag) {
    unsigned bits = bytes_[at_++];
    ((flag = (bits & 1) != 0, bits >>= 1), ...);
  }

 private:
  const CommandBytes& bytes_;
  std::size_t at_ = kBodyBegin;
};

template <class Visitor, class Slice>
void visit_slice(Visitor& v, Slice& s) {
  v.field(s.dram_offset);
  v.field(s.image_pitch);
  v.field(s.channel_pitch);
  v.field(s.images);
  v.field(s.channels);
  v.field(s.rows);
  v.field(s.columns);
  v.flags(s.wide);
}

struct FieldsOf {
  template <class V, class B>
  static void load_weights(V& v, B& b) {
    v.field(b.dram_offset);
    v.field(b.base);
    v.field(b.row_bytes);
    v.field(b.groups);
    v.field(b.groups_per_conv_group);
    v.field(b.rows);
    v.field(b.last_rows);
  }
  template <class V, class B>
  static void load_parameters(V& v, B& b) {
    v.field(b.dram_offset);
    v.field(b.base);
    v.field(b.entries);
  }
  template <class V, class B>
  static void load_tensor(V& v, B& b) {
    visit_slice(v, b.slice);
    v.field(b.base);
    v.field(b.image_stride);
    v.field(b.pad_top);
    v.field(b.pad_left);
    v.field(b.pad_bottom);
    v.field(b.pad_right);
    v.field(b.stride_h);
    v.field(b.stride_w);
    v.field(b.pad_value);
  }
  template <class V, class B>
  static void compute(V& v, B& b) {
    v.field(b.activation_base);
    v.field(b.activation_image_stride);
    v.field(b.weight_base);
    v.field(b.output_base);
    v.field(b.output_image_stride);
    v.field(b.parameter_base);
    v.field(b.channels);
    v.field(b.conv_groups);
    v.field(b.output_channels);
    v.field(b.plane_rows);
    v.field(b.plane_columns);
    v.field(b.images);
    v.field(b.rows);
    v.field(b.columns);
    v.field(b.kernel_h);
    v.field(b.kernel_w);
    v.nibbles(b.stride_h, b.stride_w);
    v.nibbles(b.dilation_h, b.dilation_w);
    v.nibbles(b.pool_h, b.pool_w);
    if constexpr (V::kReading) {
      std::uint8_t bits_minus_one = 0;
      v.nibbles(bits_minus_one, b.nnzb);
      b.weight_bits = static_cast<std::uint8_t>(bits_minus_one + 1);
    } else {
      v.nibbles(static_cast<std::uint8_t>(b.weight_bits - 1), b.nnzb);
    }
    v.field(b.clip_low);
    v.field(b.clip_high);
    v.field(b.operand_multiplier);
    v.field(b.operand_shift);
    v.flags(b.wide, b.input_signed, b.output_signed, b.first_chunk, b.last_chunk, b.operand,
            b.operand_signed);
  }
  template <class V, class B>
  static void pool(V& v, B& b) {
    v.field(b.input_base);
    v.field(b.input_image_stride);
    v.field(b.output_base);
    v.field(b.output_image_stride);
    v.field(b.images);
    v.field(b.channels);
    v.field(b.input_rows);
    v.field(b.input_columns);
    v.field(b.output_rows);
    v.field(b.output_columns);
    v.field(b.kernel_h);
    v.field(b.kernel_w);
    v.field(b.stride_h);
    v.field(b.stride_w);
    v.field(b.valid_row_begin);
    v.field(b.valid_row_end);
    v.field(b.valid_column_begin);
    v.field(b.valid_column_end);
    v.field(b.parameter_base);
    v.field(b.clip_low);
    v.field(b.clip_high);
    v.flags(b.average, b.single_divisor, b.wide, b.is_signed);
  }
  template <class V, class B>
  static void add(V& v, B& b) {
    v.field(b.input_base);
    v.field(b.operand_base);
    v.field(b.output_base);
    v.field(b.elements);
    v.field(b.input_multiplier);
    v.field(b.operand_multiplier);
    v.field(b.input_shift);
    v.field(b.operand_shift);
    v.field(b.clip_low);
    v.field(b.clip_high);
    v.flags(b.wide, b.input_signed, b.operand_signed);
  }
  template <class V, class B>
  static void store(V& v, B& b) {
    visit_slice(v, b.slice);
    v.field(b.base);
    v.field(b.image_stride);
  }
};

template <class V>
struct BodyVisitor {
  V& v;
  template <class B>
  void operator()(B& b) const {
    using T = std::remove_const_t<B>;
    if constexpr (std::is_same_v<T, LoadWeights>) {
      FieldsOf::load_weights(v, b);
    } else if constexpr (std::is_same_v<T, LoadParameters>) {
      FieldsOf::load_parameters(v, b);
    } else if constexpr (std::is_base_of_v<LoadTensor, T>) {
      FieldsOf::load_tensor(v, b);
    } else if constexpr (std::is_same_v<T, Compute>) {
      FieldsOf::compute(v, b);
    } else if constexpr (std::is_same_v<T, Pool>) {
      FieldsOf::pool(v, b);
    } else if constexpr (std::is_same_v<T, Add>) {
      FieldsOf::add(v, b);
    } else if constexpr (std::is_same_v<T, Store>) {
      FieldsOf::store(v, b);
    }
  }
};

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

bool set_body(Command& command, Opcode opcode) {
  switch (opcode) {
    case Opcode::kEnd:
      command.body = End{};
      return true;
    case Opcode::kBarrier:
      command.body = Barrier{};
      return true;
    case Opcode::kLoadWeights:
      command.body = LoadWeights{};
      return true;
    case Opcode::kLoadParameters:
      command.body = LoadParameters{};
      return true;
    case Opcode::kLoadActivations:
      command.body = LoadActivations{};
      return true;
    case Opcode::kLoadOutputs:
      command.body = LoadOutputs{};
      return true;
    case Opcode::kCompute:
      command.body = Compute{};
      return true;
    case Opcode::kPool:
      command.body = Pool{};
      return true;
    case Opcode::kAdd:
      command.body = Add{};
      return true;
    case Opcode::kStore:
      command.body = Store{};
      return true;
  }
  return false;
}

}  // namespace

Opcode opcode_of(const Command& command) {
  static constexpr Opcode kOpcodes[] = {Opcode::kEnd,
                                        Opcode::kBarrier,
                                        Opcode::kLoadWeights,
                                        Opcode::kLoadParameters,
                                        Opcode::kLoadActivations,
                                        Opcode::kLoadOutputs,
                                        Opcode::kCompute,
                                        Opcode::kPool,
                                        Opcode::kAdd,
                                        Opcode::kStore};
  return kOpcodes[command.body.index()];
}

bool has_engine(const Command& command) {
  return opcode_of(command) >= Opcode::kLoadWeights;
}

Engine engine_of(const Command& command) {
  const Opcode opcode = opcode_of(command);
  if (opcode >= Opcode::kStore) return Engine::kStore;
  if (opcode >= Opcode::kPool) return Engine::kVector;
  return opcode >= Opcode::kCompute ? Engine::kCompute : Engine::kLoad;
}

CommandBytes encode(const Command& command, std::uint32_t index) {
  CommandBytes bytes{};
  bytes[0] = static_cast<std::uint8_t>(opcode_of(command));
  bytes[1] = static_cast<std::uint8_t>(command.header.wait | command.header.signal << 4);
  bytes[2] = static_cast<std::uint8_t>(command.header.layer);
  bytes[3] = static_cast<std::uint8_t>(command.header.layer >> 8);
  bytes[4] = static_cast<std::uint8_t>(command.header.layer_end);
  Writer writer(bytes);
  std::visit(BodyVisitor<Writer>{writer}, command.body);
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
  command.header.wait = bytes[1] & 15;
  command.header.signal = static_cast<EngineMask>(bytes[1] >> 4);
  command.header.layer = static_cast<std::uint16_t>(bytes[2] | bytes[3] << 8);
  command.header.layer_end = (bytes[4] & 1) != 0;
  if (!set_body(command, static_cast<Opcode>(bytes[0]))) {
    result.fault = ProgramFault::kBadOpcode;
    return result;
  }
  Reader reader(bytes);
  std::visit(BodyVisitor<Reader>{reader}, command.body);
  return result;
}

CommandBytes encode(const ProgramHeader& header) {
  CommandBytes bytes{};
  const auto put = [&bytes](std::size_t at, std::uint32_t value) {
    for (unsigned i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  };
  put(0, ProgramHeader::kMagic);
  put(4, ProgramHeader::kVersion);
  put(8, header.config_hash);
  put(12, header.commands);
  put(16, header.constants_bytes);
  put(20, header.data_bytes);
  seal(bytes, kHeaderSeed);
  return bytes;
}

DecodedHeader decode_header(const CommandBytes& bytes, std::uint32_t expected_hash) {
  const auto get = [&bytes](std::size_t at) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes[at + i]} << (8 * i);
    return value;
  };
  DecodedHeader result;
  result.header.config_hash = get(8);
  result.header.commands = get(12);
  result.header.constants_bytes = get(16);
  result.header.data_bytes = get(20);
  if (get(0) != ProgramHeader::kMagic) {
    result.fault = ProgramFault::kBadMagic;
  } else if (get(4) != ProgramHeader::kVersion) {
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
  }
  return "?";
}

}  // namespace bitbalance::isa
