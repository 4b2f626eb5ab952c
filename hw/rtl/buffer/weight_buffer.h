// Stored weights on their way from the load engine to the weight encoder: one bank for each row of the array,
// each a ring of 8-byte words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <systemc>
#include <vector>

#include "hw/isa/config.h"
#include "hw/rtl/buffer/hazard_check.h"
#include "hw/rtl/names.h"

namespace bitbalance::rtl {

class WeightBuffer : public virtual sc_core::sc_interface {
 public:
  static constexpr std::uint32_t kWordBytes = 8;

  explicit WeightBuffer(const AcceleratorConfig& config)
      : banks_(static_cast<std::size_t>(config.rows)),
        bank_bytes_(static_cast<std::uint32_t>(config.weight_bank_bytes)),
        words_(bank_bytes_ / kWordBytes * banks_),
        hazards_("weight banks", "word", bank_bytes_ / kWordBytes) {}

  /// Addresses are multiples of 8 and wrap at the end of a bank.
  void write_word(int bank, std::uint32_t byte_address, std::uint64_t value, const CommandStamp& by = {}) {
    hazards_.write(index(byte_address) / banks_, 1, by);
    words_[index(byte_address) + static_cast<std::size_t>(bank)] = value;
  }
  std::uint64_t read_word(int bank, std::uint32_t byte_address) const {
    return words_[index(byte_address) + static_cast<std::size_t>(bank)];
  }
  /// The word at one address of every bank, bank 0 first: what the encoder reads in a cycle.
  const std::uint64_t* read_banks(std::uint32_t byte_address, const CommandStamp& by = {}) const {
    hazards_.read(index(byte_address) / banks_, 1, by);
    return &words_[index(byte_address)];
  }

 private:
  std::size_t index(std::uint32_t byte_address) const {
    return byte_address % bank_bytes_ / kWordBytes * banks_;
  }

  std::size_t banks_;
  std::uint32_t bank_bytes_;
  std::vector<std::uint64_t> words_;  ///< [address / 8][bank]
  mutable HazardCheck hazards_;       ///< one address of all banks is a place
};

}  // namespace bitbalance::rtl
