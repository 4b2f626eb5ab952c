// Energy, area and leakage of an SRAM of any capacity and width, from the macros of a table: log-log in
// capacity, affine in width.
#pragma once

#include <vector>

#include "hw/cost/technology.h"

namespace bitbalance::cost {

/// Banks that are alike.
struct SramArray {
  int banks = 1;
  double bytes = 0;  ///< of a bank
  int bits = 0;      ///< of an access to one bank
  Ports ports;
};

/// Figures of one bank, in the process of the table.
struct SramFigures {
  double read_pj = 0;
  double write_pj = 0;
  double area_mm2 = 0;
  double leakage_mw = 0;
};

/// Capacity: among the macros of the narrowest width in the table, log figure is piecewise linear in log
/// bytes; beyond the ends the last segment goes on. Width: a figure is F(narrow) x (1 + s x (bits / narrow -
/// 1)), s from the wider macros of the same capacity, between capacities linear in log bytes, beyond them the
/// nearest.
class SramModel {
 public:
  /// Precondition: the points are those of a table that check() accepts.
  explicit SramModel(const std::vector<SramPoint>& points);

  SramFigures bank(double bytes, int bits) const;

 private:
  struct Sample {
    double log_bytes = 0;
    std::array<double, 4> value{};  ///< logs of the figures, or slopes s
  };
  static std::array<double, 4> figures(const SramPoint& point);
  static std::array<double, 4> between(const std::vector<Sample>& samples, double log_bytes,
                                       bool extrapolate);

  double narrow_bits_ = 0;
  std::vector<Sample> capacity_;
  std::vector<Sample> slope_;
};

}  // namespace bitbalance::cost
