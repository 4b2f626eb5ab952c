// Bit Fusion (ISCA 2018): BitBricks that multiply 2 bits by 2 bits fuse to products of 2, 4, 8 or, over time,
// 16 bits. A PE is a Fusion Unit of 16 BitBricks; the width of a layer decides, not its values.
#include "base/text/config_error.h"
#include "base/vector_clones.h"
#include "hw/baselines/group_cycles.h"
#include "hw/baselines/stepping_pe.h"
#include "hw/baselines/weight_timed_kind.h"

namespace bitbalance::baselines {
namespace {

constexpr int kBricks = 16;       ///< of a Fusion Unit
constexpr int kBrickBits = 2;     ///< of each operand
constexpr int kMostPieces = 4;    ///< of an operand, at a time: 8 bits
constexpr int kBrickGates = 25;   ///< as large as a brick: hw/verilog/area.yaml, bitbrick, 34 NAND2X1
constexpr int kProductBits = 5;   ///< with their sign: 3 x -2 to 3 x 3
constexpr int kBricksOfFour = 4;  ///< whose products are added first

/// Pieces of two bits of an operand, whose width is rounded up to 2, 4, 8 or 16.
constexpr int pieces(int bits) {
  int count = 1;
  while (count * kBrickBits < bits) count *= 2;
  return count;
}
/// The ninth bit of a narrow lane tells signed from unsigned, as the bricks' third bit does.
constexpr int activation_pieces(Width width) {
  return pieces(width == Width::k16 ? 16 : 8);
}

BITBALANCE_VECTOR_CLONES
std::int64_t sum_of_nonzero_pieces(std::uint16_t mask, const std::int16_t* weights, int count) {
  return sum_of(
      [mask](std::int16_t weight) {
        const auto bits = static_cast<std::uint16_t>(weight & mask);
        return ones(static_cast<std::uint16_t>((bits | bits >> 1) & 0x5555));
      },
      weights, count);
}

/// The bricks take the products of a group's pieces in order, 16 a cycle: pair by pair, and of a wide pair
/// one 8-bit by 8-bit quarter after the other.
class FusionUnit final : public LoadedPe {
 public:
  FusionUnit(int weight_bits, Width width)
      : LoadedPe(kBricks, weight_bits),
        weight_pieces_(pieces(weight_bits)),
        activation_pieces_(activation_pieces(width)) {}

  bool clock() override {
    for (int brick = 0; brick < kBricks; ++brick) multiply(next_++);
    return next_ < lanes_ * weight_pieces_.all * activation_pieces_.all;
  }

 private:
  struct Pieces {
    explicit Pieces(int count) : all(count), at_a_time(std::min(count, kMostPieces)) {}
    int all, at_a_time;
  };

  void start() override { next_ = 0; }

  /// Two bits, the uppermost with the operand's sign.
  static int piece(int operand, int index, int count) {
    const int shifted_down = operand >> (kBrickBits * index);
    return index == count - 1 ? shifted_down : shifted_down & ((1 << kBrickBits) - 1);
  }

  void multiply(int product) {
    const int fused = weight_pieces_.at_a_time * activation_pieces_.at_a_time;
    const int weight_parts = weight_pieces_.all / weight_pieces_.at_a_time;
    const int parts = weight_parts * (activation_pieces_.all / activation_pieces_.at_a_time);
    const int brick = product % fused, part = product / fused % parts, lane = product / fused / parts;
    const int w = part % weight_parts * weight_pieces_.at_a_time + brick % weight_pieces_.at_a_time;
    const int a = part / weight_parts * activation_pieces_.at_a_time + brick / weight_pieces_.at_a_time;
    const int weight = piece(weight_[lane], w, weight_pieces_.all);
    sum_ += shifted(std::int64_t{weight} * piece(activation_[lane], a, activation_pieces_.all),
                    kBrickBits * (w + a));
    terms_ += weight != 0 ? 1 : 0;
  }

  Pieces weight_pieces_, activation_pieces_;
  int next_ = 0;
};

class BitFusion final : public WeightTimedKind {
 public:
  BitFusion() noexcept : WeightTimedKind("bitfusion", {2018, 6}, kBricks) {}

  void check_lanes(int lanes) const override { require(lanes == kBricks, name(), "lanes", lanes, "16"); }
  std::unique_ptr<SteppingPe> make_pe(const Baseline& /*baseline*/,
                                      const BaselineLayer& layer) const override {
    return std::make_unique<FusionUnit>(layer.weight_bits, layer.width);
  }
  Structure structure(const Baseline& b, const BaselineWidths& widths) const override {
    // Within four bricks a product moves by 0, 2 or 4; their sum by 0, 4 or 8; then all of it once more, by
    // 0, 8 or 16, where operands are wider than what fuses at a time.
    // A shift adds zeros below and signs above: it has as many multiplexers per step as there are bits.
    const int quarter = kProductBits + 5, whole = 2 * quarter;
    Structure s(b.lanes, widths);
    s.term = block(kBricks, gates(kBrickGates) + muxes(2.0 * kProductBits));
    const int fours = kBricks / kBricksOfFour;
    s.tree = fours * (adder_tree(kBricksOfFour, quarter) + muxes(2.0 * quarter)) + adder_tree(fours, whole);
    s.shared = registers(double(fours) * quarter);  // too slow without them: docs/verilog.md, "Size"
    s.sum_bits = whole;
    if (widths.width == Width::k16 || pieces(widths.weight_bits) > kMostPieces) {
      s.sum_bits += 16;
      s.shared += muxes(2.0 * s.sum_bits);
    }
    return s;
  }

 protected:
  void raise_to_group_cycles(const Baseline& b, const BaselineLayer& layer, const std::int16_t* /*weights*/,
                             std::uint16_t* cost) const override {
    raise_all_groups(pieces(layer.weight_bits) * activation_pieces(layer.width), b.lanes, layer.kernel, cost);
  }
  std::int64_t channel_terms(const Baseline& /*baseline*/, const BaselineLayer& layer,
                             const std::int16_t* weights) const override {
    const std::uint16_t mask = mask_of(kBrickBits * pieces(layer.weight_bits));
    return activation_pieces(layer.width) * sum_of_nonzero_pieces(mask, weights, layer.kernel);
  }
};

const BitFusion bit_fusion;

}  // namespace
}  // namespace bitbalance::baselines
