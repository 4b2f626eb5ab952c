#include "hw/isa/command/command.h"

#include <catch2/catch.hpp>

#include "hw/isa/config.h"
#include "tests/support/random/random_case.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("every command of a program is found again in its 64 bytes") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto commands = test::make_random_case(seed).mapped.program.commands;
    for (std::uint32_t i = 0; i < commands.size(); ++i) {
      const CommandBytes bytes = encode(commands[i], i);
      const DecodedCommand decoded = decode(bytes, i);
      REQUIRE(decoded.fault == ProgramFault::kNone);
      REQUIRE(opcode_of(decoded.command) == opcode_of(commands[i]));
      REQUIRE(encode(decoded.command, i) == bytes);
    }
  }
}

TEST_CASE("a compute command keeps each of its fields") {
  Compute c;
  c.activation_base = 0x01020304;
  c.activation_image_stride = 0x11121314;
  c.weight_base = 0x21222324;
  c.output_base = 0x31323334;
  c.output_image_stride = 0x41424344;
  c.parameter_base = 0x5152;
  c.channels = 0x6162;
  c.conv_groups = 0x7172;
  c.output_channels = 0x8182;
  c.plane_rows = 0x9192;
  c.plane_columns = 0xa1a2;
  c.images = 0xb1b2;
  c.rows = 0xc1c2;
  c.columns = 0xd1d2;
  c.kernel_h = 255;
  c.kernel_w = 254;
  c.stride_h = 15;
  c.stride_w = 14;
  c.dilation_h = 13;
  c.dilation_w = 12;
  c.pool_h = 11;
  c.pool_w = 10;
  c.weight_bits = 16;
  c.nnzb = 15;
  c.clip_low = -32768;
  c.clip_high = 32767;
  c.operand_multiplier = 65535;
  c.operand_shift = 47;
  c.width = Width::k16;
  c.output_signed = c.last_chunk = c.operand_signed = true;
  c.input_signed = c.first_chunk = c.operand = c.lookup = false;
  c.table = 1;
  const Command command{{5, 10, 0xfffe, true}, c};

  const DecodedCommand decoded = decode(encode(command, 77), 77);
  REQUIRE(decoded.fault == ProgramFault::kNone);
  CHECK(decoded.command.header.wait == 5);
  CHECK(decoded.command.header.signal == 10);
  CHECK(decoded.command.header.layer == 0xfffe);
  CHECK(decoded.command.header.layer_end);
  const auto& d = std::get<Compute>(decoded.command.body);
  CHECK(d.activation_base == c.activation_base);
  CHECK(d.activation_image_stride == c.activation_image_stride);
  CHECK(d.weight_base == c.weight_base);
  CHECK(d.output_base == c.output_base);
  CHECK(d.output_image_stride == c.output_image_stride);
  CHECK(d.parameter_base == c.parameter_base);
  CHECK(d.channels == c.channels);
  CHECK(d.conv_groups == c.conv_groups);
  CHECK(d.output_channels == c.output_channels);
  CHECK(d.plane_rows == c.plane_rows);
  CHECK(d.plane_columns == c.plane_columns);
  CHECK(d.images == c.images);
  CHECK(d.rows == c.rows);
  CHECK(d.columns == c.columns);
  CHECK(d.kernel_h == c.kernel_h);
  CHECK(d.kernel_w == c.kernel_w);
  CHECK(d.stride_h == c.stride_h);
  CHECK(d.stride_w == c.stride_w);
  CHECK(d.dilation_h == c.dilation_h);
  CHECK(d.dilation_w == c.dilation_w);
  CHECK(d.pool_h == c.pool_h);
  CHECK(d.pool_w == c.pool_w);
  CHECK(d.weight_bits == c.weight_bits);
  CHECK(d.nnzb == c.nnzb);
  CHECK(d.clip_low == c.clip_low);
  CHECK(d.clip_high == c.clip_high);
  CHECK(d.operand_multiplier == c.operand_multiplier);
  CHECK(d.operand_shift == c.operand_shift);
  CHECK(d.width == Width::k16);
  CHECK_FALSE(d.input_signed);
  CHECK(d.output_signed);
  CHECK_FALSE(d.first_chunk);
  CHECK(d.last_chunk);
  CHECK_FALSE(d.operand);
  CHECK(d.operand_signed);
  CHECK_FALSE(d.lookup);
  CHECK(d.table == 1);
}

TEST_CASE("a load of weights keeps row counts up to those of the largest array") {
  for (const int rows : {1, 2, 127, 128, 255, 256}) {
    LoadWeights load;
    load.rows = static_cast<std::uint16_t>(rows);
    load.last_rows = static_cast<std::uint16_t>(257 - rows);
    load.row_bytes = 0x01020308;
    load.groups_per_conv_group = 0x1112;
    const DecodedCommand decoded = decode(encode(Command{{}, load}, 5), 5);
    REQUIRE(decoded.fault == ProgramFault::kNone);
    const auto& d = std::get<LoadWeights>(decoded.command.body);
    CHECK(d.rows == load.rows);
    CHECK(d.last_rows == load.last_rows);
    CHECK(d.row_bytes == load.row_bytes);
    CHECK(d.groups_per_conv_group == load.groups_per_conv_group);
  }
}

TEST_CASE("a flipped bit, another index or another record in its place is refused by the CRC") {
  const CommandBytes good = encode(Command{{}, Store{}}, 3);
  for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
    CommandBytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    REQUIRE(decode(bad, 3).fault == ProgramFault::kCommandCrc);
  }
  CHECK(decode(good, 4).fault == ProgramFault::kCommandCrc);
  CHECK(decode(encode(ProgramHeader{}), 0).fault == ProgramFault::kCommandCrc);
}

TEST_CASE("a program header names what is wrong with it, the most basic first") {
  ProgramHeader header;
  header.config_hash = config_hash(AcceleratorConfig{});
  header.commands = 7;
  const CommandBytes good = encode(header);
  CHECK(decode_header(good, header.config_hash).fault == ProgramFault::kNone);
  CHECK(decode_header(good, header.config_hash).header.commands == 7);
  const auto with = [&good](std::size_t at, std::uint8_t value) {
    CommandBytes bad = good;
    bad[at] = value;
    return bad;
  };
  CHECK(decode_header(with(0, 0), header.config_hash).fault == ProgramFault::kBadMagic);
  CHECK(decode_header(with(4, 99), header.config_hash).fault == ProgramFault::kBadVersion);
  CHECK(decode_header(with(12, 8), header.config_hash).fault == ProgramFault::kHeaderCrc);
  CHECK(decode_header(good, header.config_hash + 1).fault == ProgramFault::kWrongConfiguration);
}

TEST_CASE("the configuration hash follows every parameter a program depends on, and no other") {
  const std::uint32_t base = config_hash(AcceleratorConfig{});
  const auto changed = [base](auto change) {
    AcceleratorConfig c;
    change(c);
    return config_hash(c) != base;
  };
  CHECK(changed([](auto& c) { c.rows = 16; }));
  CHECK(changed([](auto& c) { c.columns = 16; }));
  CHECK(changed([](auto& c) { c.pe.lanes = PeLanes::kNarrow; }));
  CHECK(changed([](auto& c) { c.pe.shift = 7; }));
  CHECK(changed([](auto& c) { c.accumulator_bits_8 = 24; }));
  CHECK(changed([](auto& c) { c.accumulator_bits_16 = 40; }));
  CHECK(changed([](auto& c) { c.allow_wrap = true; }));
  CHECK(changed([](auto& c) { c.token_form = TokenForm::kSignedDigit; }));
  CHECK(changed([](auto& c) { c.weight_storage = WeightStorage::kTokens; }));
  CHECK(changed([](auto& c) { c.weight_bank_bytes *= 2; }));
  CHECK(changed([](auto& c) { c.activation_buffer_bytes *= 2; }));
  CHECK(changed([](auto& c) { c.output_buffer_bytes *= 2; }));
  CHECK(changed([](auto& c) { c.parameter_buffer_bytes *= 2; }));
  CHECK(changed([](auto& c) { c.lookup_tables = 1; }));
  CHECK_FALSE(changed([](auto& c) { c.synchronization = Synchronization::kGroupMax; }));
  CHECK(changed([](auto& c) { c.synchronization = Synchronization::kTileMax; }));
  CHECK(changed([](auto& c) { c.column_mapping = ColumnMapping::kRow; }));
  CHECK_FALSE(changed([](auto& c) { c.queue_depth = 4; }));
  CHECK_FALSE(changed([](auto& c) { c.clock_hz = 5e8; }));
  CHECK_FALSE(changed([](auto& c) { c.pipeline = {2, 3, 4, 4}; }));
  CHECK_FALSE(changed([](auto& c) { c.dram.max_outstanding = 4; }));
}
