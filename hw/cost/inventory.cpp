#include "hw/cost/inventory.h"

#include <algorithm>
#include <cmath>

#include "base/text/enum_index.h"
#include "hw/isa/command/command.h"

namespace bitbalance::cost {
namespace {

constexpr int kShiftStages = 4;  ///< positions 0 to 15
constexpr int kTokenBits = 6;    ///< valid, sign, position
constexpr int kMaskBits = 16;    ///< of ones, and as many of negatives
constexpr int kWordBits = 64;
constexpr int kAddressBits = 20;
constexpr int kMultiplierBits = 16;  ///< of requantization
constexpr int kCounterBits = 32;
constexpr int kShareBits = 8;     ///< of a 16-bit code: how far it is from a point of its table to the next
constexpr int kBanksOfTable = 2;  ///< points beside each other are read at once
constexpr int kPointsOfBank = 129;
constexpr int kResultBits = 16;
constexpr int kCommandBits = 8 * kCommandBytes;
constexpr int kCsrBits = 24 * 32;  ///< docs/registers.md, rounded up

/// Shifter of a requantized value: right by 0 to 63.
int narrowing_shifter(int bits) {
  return bits * stages(kWordBits);
}

Parts pe_array(const AcceleratorConfig& c) {
  const int accumulator = std::max(2 * c.accumulator_bits_8, c.accumulator_bits_16);
  Logic pe;
  pe.adder_bits = accumulator;
  pe.mux_bits = std::max(2 * widening_shifter(kNarrowLaneBits, kShiftStages),
                         widening_shifter(kWideLaneBits, kShiftStages)) +
                accumulator;              // the drain's choice of a row
  pe.gates = 2 * (kNarrowLaneBits + 15);  // negation
  pe.register_bits = 2 * accumulator;     // and shadow
  return {double(c.rows) * c.columns * pe, 0, {}};
}

/// Bits of a code that the encoder cuts out of the stream.
int code_bits(const AcceleratorConfig& c) {
  return c.weight_storage == WeightStorage::kDense ? 16 : kWordBits;
}

Parts weight_encoder(const AcceleratorConfig& c) {
  Logic row;
  row.mux_bits = code_bits(c) * stages(kWordBits);
  row.gates = kMaskBits * stages(kMaskBits) + kMaskBits;  // leading one and its removal
  row.adder_bits = c.token_form == TokenForm::kSignedDigit ? kMaskBits + 2 : 0;
  row.register_bits = 2 * kWordBits + 2 * 2 * kMaskBits + kTokenBits;  // this weight and the next
  return {double(c.rows) * row, double(c.rows) * (2 * kMaskBits + kTokenBits), {}};  // the tokens left
}

Parts activation_buffer(const AcceleratorConfig& c) {
  const int banks = 2 * c.columns;
  Logic lane;
  lane.adder_bits = kAddressBits;                           // base + offset
  lane.mux_bits = 8.0 * (banks - 1);                        // any bank
  lane.register_bits = kAddressBits + 2 * kNarrowLaneBits;  // base; this step's activation and the next
  Logic all = double(banks) * lane;
  all.mux_bits += 8.0 * banks * stages(banks);  // rotation of written lines
  return {all, 0, {{banks, static_cast<double>(c.activation_buffer_bytes) / banks, 8}}};
}

Parts output_buffer(const AcceleratorConfig& c) {
  const int banks = 2 * c.columns;
  Logic rotators;
  rotators.mux_bits = 2 * 8.0 * banks * stages(banks);  // of reads and of writes
  return {rotators, 0, {{banks, static_cast<double>(c.output_buffer_bytes) / banks, 8}}};
}

/// What a lane has for its tables beside their memory: the code's register, and the straight line between two
/// points, a difference times a share, rounded, added.
Logic lookup_lane(const AcceleratorConfig& c) {
  Logic lane;
  if (c.lookup_tables == 0) return lane;
  lane.register_bits = kResultBits;
  lane.mux_bits = 2.0 * kResultBits + kResultBits / 2.0;  // which bank is first; a byte of a word
  lane.adder_bits = 2.0 * (kResultBits + 1) + kShareBits;
  lane.multiplier_bit_pairs = (kResultBits + 1.0) * kShareBits;
  return lane;
}

/// Lanes that ask tables at the same time, each its own copy: of post-processor and vector unit.
int lookup_lanes(const AcceleratorConfig& c) {
  return 2 * c.columns;
}

/// Of one column of the post-processor, and of one lane of the vector unit.
Parts post_processor(const AcceleratorConfig& c) {
  const int sum = c.accumulator_bits_16;
  Logic post;
  post.adder_bits = sum + kWordBits + 2 * kResultBits +               // bias, rounding, clamp
                    kCounterBits + kResultBits;                       // operand, pooling
  post.multiplier_bit_pairs = (sum + kResultBits) * kMultiplierBits;  // result, operand
  post.mux_bits = narrowing_shifter(kWordBits) + narrowing_shifter(kCounterBits);
  post.register_bits = sum + kWordBits + 2 * kResultBits;
  Logic vector;
  vector.adder_bits = 2 * kCounterBits + 2 * kResultBits;  // sum, rounding, clamp
  vector.multiplier_bit_pairs = kCounterBits * kMultiplierBits;
  vector.mux_bits = narrowing_shifter(kCounterBits);
  vector.register_bits = 2 * kCounterBits;
  Logic all = double(c.columns) * post;
  all += double(c.columns) * vector;
  all += double(lookup_lanes(c)) * lookup_lane(c);
  Parts parts{all, 0, {}};
  if (c.lookup_tables > 0) {
    parts.srams = {{kBanksOfTable * lookup_lanes(c),
                    double(c.lookup_tables) * kPointsOfBank * kResultBits / 8, kResultBits}};
  }
  return parts;
}

Parts dma(const AcceleratorConfig& c) {
  constexpr int kEngineCounters = 10;  // nested loops, addresses, bytes
  const int line = 2 * c.columns;
  Logic all;
  all.adder_bits = 2.0 * 4 * kCounterBits;
  all.register_bits = 2.0 * kEngineCounters * kCounterBits;
  all.mux_bits = 2 * 8.0 * line * stages(line);
  const double staging = static_cast<double>(c.dram.max_outstanding) * c.dram.burst_bytes;
  return {all, all.register_bits, {{2, staging, kWordBits}}};
}

Parts controller(const AcceleratorConfig& c) {
  Logic all;
  all.register_bits = kEngines * kCommandBits + kCsrBits;  // the commands in execution
  all.gates = 4 * kCommandBits;                            // CRC
  const double queues = static_cast<double>(kEngines) * c.queue_depth * kCommandBytes;
  return {all, kCsrBits, {{1, queues, kWordBits}}};
}

}  // namespace

std::array<Parts, kComponents> inventory(const AcceleratorConfig& config) {
  std::array<Parts, kComponents> parts;
  const auto of = [&](Component component) -> Parts& { return parts[enum_index(component)]; };
  of(Component::kPeArray) = pe_array(config);
  of(Component::kWeightEncoder) = weight_encoder(config);
  of(Component::kWeightBuffer).srams = {{config.rows, double(config.weight_bank_bytes), kWordBits}};
  of(Component::kActivationBuffer) = activation_buffer(config);
  of(Component::kOutputBuffer) = output_buffer(config);
  of(Component::kParameterBuffer).srams = {
      {1, double(config.parameter_buffer_bytes), 8 * AcceleratorConfig::kParameterBytes}};
  of(Component::kPostProcessor) = post_processor(config);
  of(Component::kDma) = dma(config);
  of(Component::kController) = controller(config);
  return parts;
}

std::array<ActionUse, kActions> action_uses(const AcceleratorConfig& c, Width width) {
  std::array<ActionUse, kActions> uses;
  const auto of = [&](Action action) -> ActionUse& { return uses[enum_index(action)]; };
  const int lane = lane_bits(width);
  const int accumulator = c.accumulator_bits(width);
  const auto element_size = static_cast<int>(element_bytes(width));
  const int rotation = 8 * element_size * stages(2 * c.columns);
  const auto sram_access = [](double reads, double writes) { return ActionUse{{}, true, reads, writes}; };

  of(Action::kShiftAdd).logic = {double(accumulator), double(widening_shifter(lane, kShiftStages)), 0,
                                 lane + 15.0, double(accumulator)};
  of(Action::kDrain).logic = {0, double(accumulator) * stages(c.rows), 0, 0, double(accumulator)};
  of(Action::kEncodeWeight) = {
      {c.token_form == TokenForm::kSignedDigit ? kMaskBits + 2.0 : 0.0,
       double(code_bits(c)) * stages(kWordBits), 0, double(kMaskBits) * stages(kMaskBits) + kMaskBits,
       2.0 * kMaskBits + code_bits(c)},
      true,
      0,
      0};
  of(Action::kWeightWordRead) = sram_access(1, 0);
  of(Action::kWeightWordWrite) = sram_access(0, 1);
  of(Action::kActivationRead) = {
      {kAddressBits, double(rotation), 0, 0, double(lane)}, true, double(element_size), 0};
  of(Action::kActivationWrite) = {{0, double(rotation), 0, 0, 0}, true, 0, double(element_size)};
  of(Action::kOutputRead) = {{0, double(rotation), 0, 0, 0}, true, double(element_size), 0};
  of(Action::kOutputWrite) = {{0, double(rotation), 0, 0, 0}, true, 0, double(element_size)};
  of(Action::kParameterRead) = sram_access(1, 0);
  of(Action::kParameterWrite) = sram_access(0, 1);
  of(Action::kRequantize).logic = {
      double(accumulator) + kWordBits + 2 * kResultBits, double(narrowing_shifter(kWordBits)),
      double(accumulator) * kMultiplierBits, 0, double(accumulator) + kWordBits + kResultBits};
  // At 8 bit two entries are a word, and nothing lies between codes.
  if (c.lookup_tables > 0) {
    of(Action::kLookup) = width == Width::k16
                              ? ActionUse{lookup_lane(c), true, double(kBanksOfTable), 0}
                              : ActionUse{{0, 2.5 * kResultBits, 0, 0, kResultBits}, true, 1, 0};
    of(Action::kTableWrite) = sram_access(0, lookup_lanes(c) * (width == Width::k16 ? 1.0 : 0.5));
  }
  of(Action::kPool).logic = {width == Width::k16 ? 2.0 * kResultBits : kResultBits, 0, 0, 0, kResultBits};
  // A word of the staging buffer is written and read once for every 8 bytes.
  for (const Action action : {Action::kDmaReadByte, Action::kDmaWriteByte})
    of(action) = {{0, 8.0 * stages(2 * c.columns), 0, 0, 0}, true, 8.0 / kWordBits, 8.0 / kWordBits};
  of(Action::kDmaBurst) = {{3.0 * kCounterBits, 0, 0, 0, 3.0 * kCounterBits}, false, 0, 0};
  const double words = double(kCommandBits) / kWordBits;
  of(Action::kCommand) = {{0, 0, 0, 4.0 * kCommandBits, kCommandBits}, true, words, words};
  return uses;
}

}  // namespace bitbalance::cost
