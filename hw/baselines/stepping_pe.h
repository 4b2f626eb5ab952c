// One processing element of a baseline, clock by clock: it holds its weights and activations as registers,
// does one cycle's work in clock(), and adds up the real sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/baselines/names.h"
#include "hw/isa/weight/tokens.h"

namespace bitbalance::baselines {

class SteppingPe {
 public:
  virtual ~SteppingPe() = default;

  /// Takes the weights and activations of a step, `lanes` of each.
  virtual void load(const std::int16_t* weights, const std::int16_t* activations) = 0;
  /// One cycle; true while the step needs more. A step takes at least one cycle.
  virtual bool clock() = 0;
  /// The sum of the step. Only after clock() returned false.
  virtual std::int64_t result() const = 0;
  /// Of the step, see BaselineCycles.
  virtual std::int64_t terms() const = 0;
};

/// Weights and activations of a step.
class LoadedPe : public SteppingPe {
 public:
  LoadedPe(int lanes, int weight_bits);

  void load(const std::int16_t* weights, const std::int16_t* activations) final;
  std::int64_t result() const override { return sum_; }
  std::int64_t terms() const final { return terms_; }

 protected:
  virtual void start() = 0;

  static std::int64_t shifted(std::int64_t value, int position) {
    return value * (std::int64_t{1} << position);
  }
  bool weight_bit(int lane, int position) const {  // two's complement
    return ((static_cast<std::uint16_t>(weight_[lane]) >> position) & 1u) != 0;
  }
  std::uint32_t weight_magnitude(int lane) const {
    return static_cast<std::uint32_t>(weight_[lane] < 0 ? -weight_[lane] : weight_[lane]);
  }
  std::int64_t signed_activation(int lane) const {
    return weight_[lane] < 0 ? -std::int64_t{activation_[lane]} : std::int64_t{activation_[lane]};
  }

  int lanes_;
  int weight_bits_;
  std::vector<std::int16_t> weight_, activation_;
  std::int64_t sum_ = 0, terms_ = 0;
};

/// Columns of bits of a group that a PE still has to work on, lowest first.
class ColumnPe : public LoadedPe {
 public:
  using LoadedPe::LoadedPe;
  bool clock() final;

 protected:
  virtual void add_column(int position) = 0;
  std::uint32_t left_ = 0;
};

/// The token that stands lowest in a mask, removed from it.
Token pop(TokenMask& mask);

}  // namespace bitbalance::baselines
