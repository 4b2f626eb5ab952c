#include "hw/baselines/structure.h"

namespace bitbalance::baselines {

Structure::Structure(int lanes, const BaselineWidths& widths)
    : activation(block(lanes, registers(lane_bits(widths.width)))),
      weight(block(lanes, registers(2.0 * widths.weight_bits))) {}

void Structure::set_tree(int inputs, int bits) {
  tree = adders(adder_tree(inputs, bits));
  sum_bits = bits + stages(inputs);
}

void Structure::shift_sum(int positions) {
  shared += muxes(widening_shifter(sum_bits, stages(positions)));
}

int adder_tree(int inputs, int bits) {
  int sum = 0;
  for (; inputs > 1; inputs -= inputs / 2) sum += inputs / 2 * bits++;
  return sum;
}

Logic leading_one(int bits) {
  return gates(double(bits) * stages(bits) + bits);
}

Logic recoder(TokenForm form, int bits) {
  return form == TokenForm::kSignedDigit ? adders(bits + 1.0) : Logic{};
}

}  // namespace bitbalance::baselines
