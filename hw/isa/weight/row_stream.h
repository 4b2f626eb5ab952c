// How the weights of one row of the array lie in its weight bank, and in DRAM: a code for each step, after
// what the synchronization needs to know of the tile. Sits between the mapper, which writes streams, and the
// weight encoder, which reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bits.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/weight/tokens.h"

namespace bitbalance::isa {

/// A little-endian bit string: head_bits() that hold the tile's limit, less one; the codes without gaps;
/// zeros to the end of the last 8-byte word, for a bank delivers words.
class RowStream {
 public:
  static constexpr int kWordBits = 64;
  static constexpr int kWordBytes = kWordBits / 8;

  /// Throws std::invalid_argument as WeightFormat does.
  RowStream(int weight_bits, int nnzb, const AcceleratorConfig& config)
      : format_(weight_bits, nnzb, config.token_form, config.weight_storage),
        rule_(&rule_of(config.synchronization)),
        nnzb_(nnzb) {}

  const WeightFormat& format() const { return format_; }
  int head_bits() const { return rule_->tile_has_limit ? kLimitBits : 0; }
  std::uint32_t words(std::int64_t steps) const {
    return static_cast<std::uint32_t>(ceil_div(head_bits() + steps * format_.bits(), kWordBits));
  }
  std::uint32_t bytes(std::int64_t steps) const { return kWordBytes * words(steps); }

  /// What a tile's limit is if it has only these weights; of several rows, the largest counts.
  int limit_for(const std::int16_t* weights, std::size_t count) const;
  /// Appends the stream of `count` weights of a tile with that limit.
  void append(std::vector<std::uint8_t>& to, const std::int16_t* weights, std::size_t count, int limit) const;
  /// The tile's limit, from the first word of row 0; 1 to nnzb, whatever that holds.
  int limit_in(std::uint64_t first_word) const;

 private:
  static constexpr int kLimitBits = 4;

  WeightFormat format_;
  const SynchronizationRule* rule_;
  int nnzb_;
};

/// Ring address, the same in every bank, of the streams of row group number `group` of a command, of all its
/// conv groups; `row_bytes`: of each stream.
inline std::uint32_t stream_address(const Compute& compute, std::uint64_t group, std::uint32_t row_bytes,
                                    const AcceleratorConfig& config) {
  return static_cast<std::uint32_t>((compute.weight_base + group * row_bytes) %
                                    static_cast<std::uint64_t>(config.weight_bank_bytes));
}

}  // namespace bitbalance::isa
