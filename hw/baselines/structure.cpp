#include "hw/baselines/structure.h"

namespace bitbalance::baselines {

Structure::Structure(int lanes, const BaselineWidths& widths)
    : activation{double(lanes), held_registers(lane_bits(widths.width)), registers(lane_bits(widths.width))},
      weight{double(lanes), held_registers(2.0 * widths.weight_bits), registers(2.0 * widths.weight_bits)} {}

void Structure::set_tree(int inputs, int bits, int ones) {
  sum_bits = bits + stages(inputs);
  tree = adder_tree(inputs, sum_bits, 0, ones);
}

void Structure::shift_sum(int positions) {
  shared += muxes(widening_shifter(sum_bits, stages(positions)));
}

int counter_bits(int inputs) {
  return inputs - stages(inputs);
}

Logic recoder(TokenForm form, int bits) {
  return form == TokenForm::kSignedDigit ? adders(bits + 1.0) : Logic{};
}

}  // namespace bitbalance::baselines
