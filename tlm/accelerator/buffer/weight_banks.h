// The memory of the weight buffer: one bank for each row of the array, each a ring of 8-byte words. Knows
// what has been written since, so that what has been decoded need not be decoded again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "hw/isa/config.h"
#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

class WeightBanks {
 public:
  static constexpr std::uint32_t kWordBytes = 8;

  explicit WeightBanks(const AcceleratorConfig& config)
      : bank_bytes_(static_cast<std::uint32_t>(config.weight_bank_bytes)),
        banks_(static_cast<std::size_t>(config.rows), std::vector<std::uint8_t>(bank_bytes_)),
        written_(bank_bytes_ / kWordBytes) {}

  std::uint32_t bank_bytes() const { return bank_bytes_; }

  /// Ring addresses and sizes are multiples of 8; nothing is longer than a bank.
  void write(int bank, std::uint32_t address, const std::uint8_t* bytes, std::uint32_t count) {
    std::uint8_t* const to = banks_[bank].data();
    const std::uint32_t before_end = std::min(count, bank_bytes_ - address);
    std::memcpy(to + address, bytes, before_end);
    std::memcpy(to, bytes + before_end, count - before_end);
  }
  void read(int bank, std::uint32_t address, std::uint8_t* bytes, std::uint32_t count) const {
    const std::uint8_t* const from = banks_[bank].data();
    const std::uint32_t before_end = std::min(count, bank_bytes_ - address);
    std::memcpy(bytes, from + address, before_end);
    std::memcpy(bytes + before_end, from, count - before_end);
  }

  bool holds(int bank, std::uint32_t address, const std::uint8_t* bytes, std::uint32_t count) const {
    const std::uint8_t* const from = banks_[bank].data();
    const std::uint32_t before_end = std::min(count, bank_bytes_ - address);
    return std::memcmp(bytes, from + address, before_end) == 0 &&
           std::memcmp(bytes + before_end, from, count - before_end) == 0;
  }

  /// These addresses of any bank have been written by load number `load`.
  void note(std::uint32_t address, std::uint32_t count, std::uint64_t load) {
    for (std::uint32_t at = 0; at < count; at += kWordBytes)
      written_[(address + at) % bank_bytes_ / kWordBytes] = load;
  }
  /// The last load that wrote any of them.
  std::uint64_t last_load(std::uint32_t address, std::uint32_t count) const {
    std::uint64_t last = 0;
    for (std::uint32_t at = 0; at < count; at += kWordBytes)
      last = std::max(last, written_[(address + at) % bank_bytes_ / kWordBytes]);
    return last;
  }

 private:
  std::uint32_t bank_bytes_;
  std::vector<std::vector<std::uint8_t>> banks_;
  std::vector<std::uint64_t> written_;  ///< by address / 8
};

}  // namespace bitbalance::tlm_level
