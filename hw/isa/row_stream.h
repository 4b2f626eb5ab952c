// How the weights of one row of the array lie in its weight bank, and in DRAM: a code for each step. Sits
// between the mapper, which writes streams, and the weight encoder, which reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bits.h"
#include "hw/isa/config.h"
#include "hw/isa/tokens.h"

namespace bitbalance::isa {

/// Code i in bits [i * bits, (i + 1) * bits) of the little-endian bit string, the rest of the last 8-byte
/// word 0: a bank delivers words.
class RowStream {
 public:
  static constexpr int kWordBits = 64;
  static constexpr int kWordBytes = kWordBits / 8;

  /// Throws std::invalid_argument as WeightFormat does.
  RowStream(int weight_bits, int nnzb, const AcceleratorConfig& config)
      : format_(weight_bits, nnzb, config.token_form, config.weight_storage) {}

  const WeightFormat& format() const { return format_; }
  std::uint32_t words(std::int64_t steps) const {
    return static_cast<std::uint32_t>(ceil_div(steps * format_.bits(), kWordBits));
  }
  std::uint32_t bytes(std::int64_t steps) const { return kWordBytes * words(steps); }
  /// Appends the stream of `count` weights.
  void append(std::vector<std::uint8_t>& to, const std::int16_t* weights, std::size_t count) const;

 private:
  WeightFormat format_;
};

}  // namespace bitbalance::isa
