#include "hw/cost/inventory.h"

#include <algorithm>
#include <cmath>

#include "base/bits.h"
#include "base/text/enum_index.h"
#include "hw/isa/command/command.h"
#include "hw/isa/lookup_table.h"
#include "hw/isa/registers.h"
#include "hw/isa/weight/tokens.h"

namespace bitbalance::cost {
namespace {

constexpr int kByteBits = 8;
constexpr int kWordBits = 64;
constexpr int kAddressBits = 20;
constexpr int kMultiplierBits = 16;  ///< of requantization
constexpr int kCounterBits = 32;
constexpr int kTokenBits = 8;     ///< of a row on the wire
constexpr int kShareBits = 8;     ///< of a 16-bit code: how far it is from a point of its table to the next
constexpr int kBanksOfTable = 2;  ///< points beside each other are read at once
constexpr int kPointsOfBank = ceil_div(isa::table_entries(Width::k16), kBanksOfTable);
constexpr int kResultBits = 16;
constexpr int kCommandBits = 8 * kCommandBytes;
constexpr int kCsrBits =
    32 * align_up(static_cast<int>(kRegisterCount), 8);  ///< of a multiple of eight registers

/// How often units meet in a memory: docs/pipeline.md counts it.
enum class Meetings { kRare, kFrequent };

/// Of a macro that so many units can read, and so many write, in the same cycle.
Ports ports(const AcceleratorConfig& c, int readers, int writers, Meetings meetings) {
  switch (c.sram_ports) {
    case SramPorts::kShared:
      return {};
    case SramPorts::kMixed:
      return meetings == Meetings::kRare ? Ports{} : Ports{1, 1};
    case SramPorts::kTwoPort:
      return {1, 1};
    case SramPorts::kPerUnit:
      return {readers, writers};
  }
  return {};
}

/// Shifter of a requantized value: right by 0 to 63.
int narrowing_shifter(int bits) {
  return bits * stages(kWordBits);
}

/// Registers that cut a path of so many stages, each of `bits`.
double cuts(int stages, double bits) {
  return (stages - 1) * bits;
}

/// In front of a lane's adder, where that is a stage of its own: what is added, and whether it is.
double shifted_bits(const AcceleratorConfig& c) {
  return cuts(c.pipeline.pe, kNarrowLaneBits + c.pe.shift + 1);
}

/// Of a slot whose sums are yet to be added, in front of all PEs: `added` of hw/verilog/pe_array.v, without
/// what is shifted already.
double waiting_slot_bits(const AcceleratorConfig& c) {
  constexpr int kRowsBits = 9, kLanesBits = 10, kFlags = 4, kTokenFlags = 2;
  return cuts(c.pipeline.pe, double(kTokenFlags) * c.rows + kRowsBits + kLanesBits + kFlags);
}

/// Byte lanes of all columns: a bank of the activation buffer each.
int byte_lanes(const AcceleratorConfig& c) {
  return 2 * c.columns;
}

/// Activations of this step and the next, clocked in each cycle.
double operand_bits(const AcceleratorConfig& c) {
  return 2.0 * byte_lanes(c) * kNarrowLaneBits;
}

/// A shifter of a lane and the negation of what comes out of it.
Logic shifted_lane(const AcceleratorConfig& c) {
  return muxes(widening_shifter(kNarrowLaneBits, stages(c.pe.shift + 1))) +
         negation(kNarrowLaneBits + c.pe.shift);
}

/// What a sum of `bits` passes through: cleared or not, added to, replaced or, of a null slot, not.
Logic gated_sum(int bits) {
  return gates(bits) + adders(bits) + muxes(bits);
}

/// Both widths share two shifters of 9 bits, which take a lane each, or a byte each of a wide lane; above the
/// lower byte, what is added depends on the width, as the carry between the lanes does.
Logic lane_widths(int storage_bits) {
  return muxes(2.0 * kNarrowLaneBits + storage_bits - kByteBits + 1);
}

Parts pe_array(const AcceleratorConfig& c) {
  Parts parts{processing_element(c), 0, {}};
  parts.logic += muxes(accumulator_storage(c));  // the drain's choice of a row
  parts.logic = double(c.rows) * c.columns * parts.logic + held_registers(operand_bits(c)) +
                registers(waiting_slot_bits(c));
  parts.free_running_bits = operand_bits(c) + waiting_slot_bits(c);
  return parts;
}

/// Positions of tokens: bits of the mask of ones, and of that of negatives.
int mask_bits(const AcceleratorConfig& c) {
  return c.pe.shift + 1;
}

/// Of a number of tokens, and of a token's position.
int token_index_bits(const AcceleratorConfig& c) {
  return stages(mask_bits(c));
}

/// Of the longest code. Precondition: token storage.
int longest_token_code(const AcceleratorConfig& c) {
  const int weight_bits = mask_bits(c);
  int nnzb = weight_bits - 1;
  while (stored_bits(weight_bits, nnzb, c.token_form, c.weight_storage) > kMaxStoredBits) --nnzb;
  return stored_bits(weight_bits, nnzb, c.token_form, c.weight_storage);
}

/// Cuts `bits` out of two words, from any bit of the first or the first bit of the second on.
Logic stream_window(int bits) {
  return window(bits, stages(kWordBits) + 1);
}

/// A dense code to the ones of its magnitude, and their signs.
Logic token_mask(const AcceleratorConfig& c) {
  const int bits = mask_bits(c);
  const Logic binary =
      gates(3.0 * bits) + muxes(bits - 1);  // which bits it has; both masks; where its sign is
  if (c.token_form == TokenForm::kBinary) return binary;
  const int carries = bits - 1;  // of the magnitude's triple, whose sum nobody needs
  return binary + gates(4.0 * carries) + negation(2.0 * bits);
}

/// What a row does with a weight and its tokens, as logic.
Logic weight_logic(const AcceleratorConfig& c) {
  if (c.weight_storage == WeightStorage::kDense) {
    const int bits = mask_bits(c);
    return stream_window(bits) + token_mask(c) + leading_one(bits);
  }
  // One window for the number of tokens, one for the token of a slot; one of both takes a sign with it.
  const int bits = token_index_bits(c);
  const Logic fields = stream_window(bits) + stream_window(bits + 1) + gates(4.0 * bits) +
                       muxes(bits);  // as wide as they are in this layer; where the sign is
  const Logic count =
      gates(6.0 * bits) + muxes(2.0 * bits);  // no more than fields; one less; one or none left
  return fields + count + gates(2.0 * bits);  // of a row in use; a token or a null slot
}

/// Tokens that a row has left: as masks, or their number.
int bits_left(const AcceleratorConfig& c) {
  return c.weight_storage == WeightStorage::kDense ? 2 * mask_bits(c) : token_index_bits(c);
}

/// Of a code, in the registers that hold the stream.
int held_code_bits(const AcceleratorConfig& c) {
  return c.weight_storage == WeightStorage::kDense ? mask_bits(c) : 2 * longest_token_code(c);
}

/// Tokens wait as long as the activations that are read for them.
Parts weight_encoder(const AcceleratorConfig& c) {
  const double queue = cuts(c.pipeline.activation_read, kTokenBits);
  return {c.rows * (encoder_row(c) + registers(queue)), c.rows * (bits_left(c) + queue), {}};
}

/// Between the stages of the read of a byte: its lane's address, the address at its bank, what the bank
/// gives.
double read_cuts(const AcceleratorConfig& c) {
  const int cycles = c.pipeline.activation_read;
  return (cycles > 1 ? kAddressBits : 0) + (cycles > 2 ? kAddressBits : 0) +
         (cycles > 3 ? kByteBits + stages(byte_lanes(c)) : 0);
}

Parts activation_buffer(const AcceleratorConfig& c) {
  const int banks = byte_lanes(c);
  const double queue = cuts(c.pipeline.activation_read, kNarrowLaneBits);  // of what was read
  Logic lane;
  lane.adder_bits = kAddressBits;     // base + offset
  lane.mux_bits = 8.0 * (banks - 1);  // any bank
  lane += held_registers(kAddressBits) + registers(read_cuts(c) + queue);
  Logic all = double(banks) * lane;
  all.mux_bits += 8.0 * banks * stages(banks);  // rotation of written lines
  return {all,
          banks * queue,
          {{banks, static_cast<double>(c.activation_buffer_bytes) / banks, 8,
            ports(c, 1, 1, Meetings::kFrequent)}}};
}

Parts output_buffer(const AcceleratorConfig& c) {
  const int banks = 2 * c.columns;
  Logic rotators;
  rotators.mux_bits = 2 * 8.0 * banks * stages(banks);  // of reads and of writes
  // Read by post-processor, vector unit and store engine, written by those but the last, and the load engine.
  return {
      rotators,
      0,
      {{banks, static_cast<double>(c.output_buffer_bytes) / banks, 8, ports(c, 3, 3, Meetings::kFrequent)}}};
}

/// What a lane has for its tables beside their memory: the code's register, and the straight line between two
/// points, a difference times a share, rounded, added.
Logic lookup_lane(const AcceleratorConfig& c) {
  if (c.lookup_tables == 0) return {};
  return registers(kResultBits) +
         muxes(2.0 * kResultBits + kResultBits / 2.0) +  // which bank is first; a byte
         adders(2.0 * (kResultBits + 1) + kShareBits) + multiplier(kResultBits + 1, kShareBits);
}

/// Lanes that ask tables at the same time, each its own copy: of post-processor and vector unit.
int lookup_lanes(const AcceleratorConfig& c) {
  return 2 * c.columns;
}

/// Between the stages that requantize a sum of `bits`: two rows of the product, then what is limited, and the
/// operand or pooled value beside it.
double requantizing_cuts(const AcceleratorConfig& c, int bits) {
  return cuts(c.pipeline.multiply, 2.0 * (bits + kMultiplierBits)) +
         cuts(c.pipeline.clamp, bits + kMultiplierBits + kCounterBits);
}

/// And the vector unit, which has a lane for each column, and the tables that both ask.
Parts post_processor(const AcceleratorConfig& c) {
  const int sum = c.pe.serves(Width::k16) ? c.accumulator_bits_16 : c.accumulator_bits_8;
  const Logic post = adders(sum + kWordBits + 2 * kResultBits +  // bias, rounding, clamp
                            kCounterBits + kResultBits) +        // operand, pooling
                     multiplier(sum, kMultiplierBits) +
                     multiplier(kResultBits, kMultiplierBits) +
                     muxes(narrowing_shifter(kWordBits) + narrowing_shifter(kCounterBits)) +
                     registers(sum + kWordBits + 2 * kResultBits + requantizing_cuts(c, sum));
  const Logic vector = adders(2 * kCounterBits + 2 * kResultBits) +  // sum, rounding, clamp
                       multiplier(kCounterBits, kMultiplierBits) + muxes(narrowing_shifter(kCounterBits)) +
                       registers(2 * kCounterBits + requantizing_cuts(c, kCounterBits));
  Logic all = double(c.columns) * post;
  all += double(c.columns) * vector;
  all += double(lookup_lanes(c)) * lookup_lane(c);
  Parts parts{all, 0, {}};
  if (c.lookup_tables > 0) {
    parts.srams = {{kBanksOfTable * lookup_lanes(c),
                    double(c.lookup_tables) * kPointsOfBank * kResultBits / 8, kResultBits,
                    ports(c, 1, 1, Meetings::kRare)}};
  }
  return parts;
}

Parts dma(const AcceleratorConfig& c) {
  constexpr int kEngineCounters = 10;  // nested loops, addresses, bytes
  const int line = byte_lanes(c);
  Logic all;
  all.adder_bits = 2.0 * 4 * kCounterBits;
  all.register_bits = 2.0 * kEngineCounters * kCounterBits;
  all.mux_bits = 2 * 8.0 * line * stages(line);
  const double stored = static_cast<double>(c.dram.max_outstanding) * c.dram.burst_bytes;
  const Ports staging = ports(c, 1, 1, Meetings::kFrequent);
  return {all,
          all.register_bits,
          {{1, double(c.staging_bytes()), kWordBits, staging}, {1, stored, kWordBits, staging}}};
}

Parts controller(const AcceleratorConfig& c) {
  Logic all;
  all.register_bits = kEngines * kCommandBits + kCsrBits;  // the commands in execution
  all.gates = 4 * kCommandBits;                            // CRC
  const double queues = static_cast<double>(kEngines) * c.queue_depth * kCommandBytes;
  return {all, kCsrBits, {{1, queues, kWordBits, ports(c, 1, 1, Meetings::kFrequent)}}};
}

}  // namespace

int accumulator_storage(const AcceleratorConfig& c) {
  const int narrow = 2 * c.accumulator_bits_8;
  return c.pe.serves(Width::k16) ? std::max(narrow, c.accumulator_bits_16) : narrow;
}

Logic processing_element(const AcceleratorConfig& c) {
  const int storage = accumulator_storage(c);
  Logic pe = 2 * (shifted_lane(c) + registers(shifted_bits(c))) + gated_sum(storage) +
             held_registers(2.0 * storage);  // and shadow
  if (c.pe.serves(Width::k16)) pe += lane_widths(storage);
  return pe;
}

Logic encoder_row(const AcceleratorConfig& c) {
  const int left = bits_left(c);
  const Logic row = weight_logic(c) + held_registers(kWordBits + left);
  if (c.weight_storage == WeightStorage::kDense)
    return row + muxes(left - 1);  // a weight's ones, or those left; the leading one's sign
  const int sign = c.token_form == TokenForm::kBinary ? 1 : 0;
  return row + held_registers(longest_token_code(c) - 1 + sign);  // of the word before
}

std::array<Parts, kComponents> inventory(const AcceleratorConfig& config) {
  std::array<Parts, kComponents> parts;
  const auto of = [&](Component component) -> Parts& { return parts[enum_index(component)]; };
  of(Component::kPeArray) = pe_array(config);
  of(Component::kWeightEncoder) = weight_encoder(config);
  of(Component::kWeightBuffer).srams = {
      {config.rows, double(config.weight_bank_bytes), kWordBits, ports(config, 1, 1, Meetings::kRare)}};
  of(Component::kActivationBuffer) = activation_buffer(config);
  of(Component::kOutputBuffer) = output_buffer(config);
  of(Component::kParameterBuffer).srams = {
      {1, double(config.parameter_buffer_bytes), 8 * AcceleratorConfig::kParameterBytes,
       ports(config, 2, 1, Meetings::kRare)}};  // read by post-processor and vector unit
  of(Component::kPostProcessor) = post_processor(config);
  of(Component::kDma) = dma(config);
  of(Component::kController) = controller(config);
  return parts;
}

std::array<ActionUse, kActions> action_uses(const AcceleratorConfig& c, Width width) {
  std::array<ActionUse, kActions> uses;
  const auto of = [&](Action action) -> ActionUse& { return uses[enum_index(action)]; };
  const int lane = lane_bits(width);
  const int shifters = width == Width::k16 ? 2 : 1;  // of a lane
  const int accumulator = c.accumulator_bits(width);
  const auto element_size = static_cast<int>(element_bytes(width));
  const int rotation = 8 * element_size * stages(byte_lanes(c));
  const auto sram_access = [](double reads, double writes) { return ActionUse{{}, true, reads, writes}; };

  of(Action::kShiftAdd).logic = shifters * (shifted_lane(c) + registers(shifted_bits(c))) +
                                adders(accumulator) + registers(accumulator);
  of(Action::kNullSlot).clocked_bits = accumulator + shifters * shifted_bits(c);
  of(Action::kDrain).logic = {0, double(accumulator) * stages(c.rows), 0, 0, double(accumulator)};
  // What is left is clocked in any case, the words with the weights that are taken from them.
  of(Action::kEncodeWeight) = {weight_logic(c) + registers(bits_left(c) + held_code_bits(c)), false, 0, 0,
                               double(held_code_bits(c))};
  of(Action::kWeightWordRead) = sram_access(1, 0);
  of(Action::kWeightWordWrite) = sram_access(0, 1);
  // Its queue and its lane's register are clocked in any case, those in front of them with what passes them.
  const double read_bits = element_size * read_cuts(c);
  const double kept_bits = lane + element_size * cuts(c.pipeline.activation_read, kNarrowLaneBits);
  of(Action::kActivationRead) = {{kAddressBits, double(rotation), 0, 0, kept_bits + read_bits},
                                 false,
                                 double(element_size),
                                 0,
                                 read_bits};
  of(Action::kActivationWrite) = {{0, double(rotation), 0, 0, 0}, true, 0, double(element_size)};
  of(Action::kOutputRead) = {{0, double(rotation), 0, 0, 0}, true, double(element_size), 0};
  of(Action::kOutputWrite) = {{0, double(rotation), 0, 0, 0}, true, 0, double(element_size)};
  of(Action::kParameterRead) = sram_access(1, 0);
  of(Action::kParameterWrite) = sram_access(0, 1);
  of(Action::kRequantize).logic =
      adders(double(accumulator) + kWordBits + 2 * kResultBits) + muxes(narrowing_shifter(kWordBits)) +
      multiplier(accumulator, kMultiplierBits) +
      registers(double(accumulator) + kWordBits + kResultBits + requantizing_cuts(c, accumulator));
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
    of(action) = {{0, 8.0 * stages(byte_lanes(c)), 0, 0, 0}, true, 8.0 / kWordBits, 8.0 / kWordBits};
  of(Action::kDmaBurst) = {{3.0 * kCounterBits, 0, 0, 0, 3.0 * kCounterBits}, false, 0, 0};
  const double words = double(kCommandBits) / kWordBits;
  of(Action::kCommand) = {{0, 0, 0, 4.0 * kCommandBits, kCommandBits}, true, words, words};
  return uses;
}

}  // namespace bitbalance::cost
