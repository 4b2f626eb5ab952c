// The points of a sweep by number. The whole grid is numbered through, the last key fastest; what is drawn is
// a list of those numbers, so that a point costs no memory until it is looked at.
#pragma once

#include <cstdint>
#include <vector>

#include "testbench/explore/sweep/sweep_settings.h"

namespace bitbalance::explore {

class DesignSpace {
 public:
  /// Keeps a reference. Throws SettingsError when there are more points than can be looked at.
  explicit DesignSpace(const SweepSettings& sweep);

  std::uint64_t points() const { return drawn_.empty() ? grid_ : drawn_.size(); }

  /// Choices of each axis: scenarios, then the sweep's.
  const std::vector<std::size_t>& sizes() const { return sizes_; }
  /// Its number in the whole grid.
  std::uint64_t number_of(const std::vector<std::size_t>& choices) const;

  struct Point {
    std::size_t scenario = 0;               ///< of the sweep's
    std::vector<const Assignment*> values;  ///< of the keys that vary
  };
  /// Precondition: index < points(); of the whole grid where nothing was drawn.
  Point point(std::uint64_t index) const;
  /// What it chose on each axis: number_of() backwards. Precondition: as point().
  std::vector<std::size_t> choices_of(std::uint64_t index) const;

 private:
  /// Numbers of distinct points of the grid, ascending.
  void draw_random();
  void draw_latin_hypercube();
  [[noreturn]] void refuse(const std::string& what) const;

  const SweepSettings& sweep_;
  std::vector<std::size_t> sizes_;  ///< scenarios, then the axes'
  std::uint64_t grid_ = 1;          ///< points of the whole grid
  std::vector<std::uint64_t> drawn_;
};

}  // namespace bitbalance::explore
