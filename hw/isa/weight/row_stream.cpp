#include "hw/isa/weight/row_stream.h"

#include <algorithm>

namespace bitbalance::isa {
namespace {

/// Puts codes one behind the other.
class BitWriter {
 public:
  explicit BitWriter(std::uint8_t* to) : to_(to) {}

  /// `bits`: 1..64.
  void put(std::uint64_t code, int bits) {
    word_ |= code << used_;
    used_ += bits;
    if (used_ < RowStream::kWordBits) return;
    flush();
    used_ -= RowStream::kWordBits;
    const int taken = bits - used_;
    word_ = taken < RowStream::kWordBits ? code >> taken : 0;
  }
  void end() {
    if (used_ > 0) flush();
  }

 private:
  void flush() {
    for (int i = 0; i < RowStream::kWordBytes; ++i) *to_++ = static_cast<std::uint8_t>(word_ >> 8 * i);
  }

  std::uint8_t* to_;
  std::uint64_t word_ = 0;
  int used_ = 0;  ///< bits of word_
};

}  // namespace

int RowStream::limit_for(const std::int16_t* weights, std::size_t count) const {
  if (!rule_->tile_has_limit) return nnzb_;
  std::uint32_t most = 0;
  for (std::size_t i = 0; i < count; ++i)
    most = std::max(most, count_ones(token_mask(weights[i], format_.form()).ones));
  return rule_->limit(static_cast<int>(most), nnzb_);
}

void RowStream::append(std::vector<std::uint8_t>& to, const std::int16_t* weights, std::size_t count,
                       int limit) const {
  const std::size_t begin = to.size();
  to.resize(begin + bytes(static_cast<std::int64_t>(count)));
  BitWriter writer(to.data() + begin);
  if (head_bits() > 0) writer.put(static_cast<std::uint64_t>(limit - 1), head_bits());
  for (std::size_t i = 0; i < count; ++i) writer.put(format_.pack(weights[i]), format_.bits());
  writer.end();
}

int RowStream::limit_in(std::uint64_t first_word) const {
  return rule_->limit(static_cast<int>(first_word & low_mask(kLimitBits)) + 1, nnzb_);
}

}  // namespace bitbalance::isa
