#include "hw/rtl/compute/weight_encoder.h"

#include <algorithm>
#include <cstring>

#include "base/bits.h"
#include "base/vector_clones.h"

namespace bitbalance::rtl {
namespace {

/// Rows are handled in blocks of this many.
constexpr int kRowBlock = 16;
static_assert(AcceleratorConfig::kMaxRows % kRowBlock == 0);

BITBALANCE_VECTOR_CLONES
void shift_down(const std::uint64_t* __restrict word, int rows, int bits, std::uint64_t* __restrict code) {
  for (int row = 0; row < rows; ++row) code[row] = word[row] >> bits;
}

BITBALANCE_VECTOR_CLONES
void merge_shifted_up(const std::uint64_t* __restrict word, int rows, int bits,
                      std::uint64_t* __restrict code) {
  for (int row = 0; row < rows; ++row) code[row] |= word[row] << bits;
}

/// Takes the leading one off each row and makes a token of it. Returns the union of what is left.
/// Precondition: masks below 2^24, which a float holds exactly; those of weights have 16 bits.
BITBALANCE_VECTOR_CLONES
std::uint32_t take_leading_ones(std::uint32_t* __restrict ones, const std::uint32_t* __restrict negatives,
                                int rows, TokenBits* __restrict token) {
  const int count = align_up(rows, kRowBlock);
  // Words first, bytes after them: one loop of both would be vectorized in the width of the bytes.
  alignas(64) std::array<std::uint32_t, AcceleratorConfig::kMaxRows> words;
  std::uint32_t left = 0;
  for (int row = 0; row < count; ++row) {
    // A float's exponent is the position of the leading one, and vector units convert where they cannot count
    // zeros.
    const auto value = static_cast<float>(static_cast<std::int32_t>(ones[row]));
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    const std::uint32_t position = (bits >> 23) - 127;
    const std::uint32_t power_bits = bits & 0xff800000u;
    float power = 0;
    std::memcpy(&power, &power_bits, sizeof power);
    const auto leading = static_cast<std::uint32_t>(static_cast<std::int32_t>(power));
    const std::uint32_t rest = ones[row] ^ leading;
    const std::uint32_t negative = (negatives[row] & leading) != 0 ? kTokenNegative : 0;
    const std::uint32_t last = rest == 0 ? kTokenLast : 0;
    words[static_cast<std::size_t>(row)] = ones[row] != 0 ? kTokenValid | negative | last | position : 0;
    ones[row] = rest;
    left |= rest;
  }
  for (int row = 0; row < count; ++row)
    token[row] = static_cast<TokenBits>(words[static_cast<std::size_t>(row)]);
  return left;
}

}  // namespace

WeightEncoder::WeightEncoder(const sc_core::sc_module_name& name, const AcceleratorConfig& config,
                             Profile& profile)
    : Clocked(name),
      config_(config),
      synchronization_(rule_of(config.synchronization)),
      profile_(profile),
      stream_(8, 7, config) {
  slot_.token.use(config.rows);
  bubble_.token.use(config.rows);
  bubble_.bubble = true;
}

void WeightEncoder::on_clock() {
  if (!running_) {
    if (tiles.can_pop() && fetches.can_push()) {
      begin_command();
    } else if (tiles.empty() || fetches.full()) {
      sleep();
    }
    return;
  }
  if (wait_ > 1) {
    --wait_;
    return;
  }
  if (fetch_due_) {
    try_fetch();
    if (step_over()) {
      advance();
      return;
    }
  }
  if (!slots.can_push()) {
    if (slots.full() && !fetch_due_) sleep();
    return;
  }
  if (!tokens_done_) {
    emit_slot();
  } else if (!fetch_due_) {
    emit_bubble();
  }
  if (step_over()) advance();
}

void WeightEncoder::reset() {
  running_ = false;
  wait_ = items_ = next_conflicts_ = 0;
  tokens_done_ = fetch_due_ = false;
}

void WeightEncoder::begin_command() {
  running_ = true;
  take_tile();
  begin_step();
  fetches.push({true});
  wait_ = tile_.conflicts;
}

void WeightEncoder::take_tile() {
  tile_ = tiles.front();
  tiles.pop();
  stream_ = RowStream(tile_.weight_bits, tile_.nnzb, config_);
  step_ = 0;
  address_ = tile_.weight_address;
  read_word();
  limit_ = stream_.limit_in(word_[0]);
  bit_ = stream_.head_bits();
  ones_.fill(0);
  slot_.width = tile_.width;
  slot_.clear = tile_.clear;
  slot_.drain = tile_.drain;
  slot_.rows = tile_.rows;
  slot_.lanes = tile_.lanes;
  slot_.layer = tile_.layer;
  slot_.tile = tile_.index;
  slot_.token.fill(0);
  EventCounts& events = profile_.layer(tile_.layer).events;
  events.add(Event::kWeightEncode, std::int64_t{tile_.rows} * tile_.steps);
  events.add(Event::kWeightBufferRead, std::int64_t{tile_.rows} * stream_.words(tile_.steps));
}

/// Takes the next code of every row out of the stream.
void WeightEncoder::begin_step() {
  items_ = 0;
  tokens_done_ = false;
  const int rows = tile_.rows, code_bits = stream_.format().bits();
  if (bit_ == RowStream::kWordBits) read_word();
  shift_down(word_.data(), rows, bit_, code_.data());
  const int held = RowStream::kWordBits - bit_;
  if (held < code_bits) {
    read_word();
    merge_shifted_up(word_.data(), rows, held, code_.data());
    bit_ = code_bits - held;
  } else {
    bit_ += code_bits;
  }
  stream_.format().unpack(code_.data(), rows, ones_.data(), negatives_.data());
}

void WeightEncoder::read_word() {
  std::copy_n(weights->read_banks(address_, tile_.stamp), tile_.rows, word_.begin());
  address_ += WeightBuffer::kWordBytes;
  ++reads_;
  bit_ = 0;
}

void WeightEncoder::emit_slot() {
  const bool more = take_leading_ones(ones_.data(), negatives_.data(), tile_.rows, slot_.token.data()) != 0;
  ++items_;
  tokens_done_ = synchronization_.ends(items_, more, limit_);
  const bool first = items_ == 1, last = tokens_done_ && last_step();
  TokenSlot& slot = slots.push();
  slot = slot_;
  slot.first_of_step = first;
  slot.first_of_tile = first && step_ == 0;
  slot.last_of_tile = last;
  slot.last_of_command = last && tile_.last_of_command;
  if (!first) return;
  if (last_step() && tile_.last_of_command) {
    next_conflicts_ = 0;
  } else {
    fetch_due_ = true;
    try_fetch();
  }
}

void WeightEncoder::emit_bubble() {
  ++items_;
  slots.push(bubble_);
}

void WeightEncoder::try_fetch() {
  if (!fetches.can_push()) return;
  if (last_step()) {
    if (!tiles.can_pop()) return;
    next_conflicts_ = tiles.front().conflicts;
  } else {
    next_conflicts_ = tile_.conflicts;
  }
  fetches.push({last_step()});
  fetch_due_ = false;
}

void WeightEncoder::advance() {
  if (last_step()) {
    if (tile_.last_of_command) {
      running_ = false;
      return;
    }
    take_tile();
  } else {
    ++step_;
  }
  begin_step();
}

void WeightEncoder::describe(SignalList& signals) const {
  signals.add(*this, "running", running_);
  signals.add(*this, "tile", tile_.index);
  signals.add(*this, "step", step_);
  signals.add(*this, "item", items_, kLaneCountBits);
  signals.add(*this, "tokens_done", tokens_done_);
  signals.add(*this, "fetch_due", fetch_due_);
  signals.add(*this, "next_conflicts", next_conflicts_, kLaneCountBits);
  signals.add(*this, "address", address_);
  signals.add(*this, "reads", reads_);
  for (int row = 0; row < config_.rows; ++row) {
    const auto at = static_cast<std::size_t>(row);
    const std::string prefix = "row" + std::to_string(row) + '.';
    signals.add(*this, prefix + "word", word_[at]);
    signals.add(*this, prefix + "ones", ones_[at], 16);
    signals.add(*this, prefix + "negatives", negatives_[at], 16);
    signals.add(*this, prefix + "token", slot_.token[at]);
  }
}

}  // namespace bitbalance::rtl
