#include "tlm/accelerator/datapath/result_rule.h"

#include <utility>

#include "base/vector_clones.h"
#include "hw/isa/fixed_point.h"

namespace bitbalance::tlm_level {
namespace {

/// How the sums of one output channel become results.
struct Finish {
  std::int64_t bias;
  std::uint16_t multiplier, operand_multiplier;
  int shift, operand_shift;
  int accumulator_bits;
  std::int16_t clip_low, clip_high;
};

/// By value: what is read through a reference might change with every result written. `value`: in, the
/// residual operand, if there is one; out, the result.
template <class Sum>
[[gnu::always_inline]] inline void finish(const Sum* sum, std::size_t lanes, const Finish& f,
                                          bool has_operand, std::int32_t* value) {
  const auto result = [&](std::size_t lane, std::int64_t operand) {
    const std::int64_t product = biased_product(static_cast<std::int64_t>(sum[lane]), f.bias, f.multiplier,
                                                f.shift, f.accumulator_bits);
    return result_of(product, f.shift, operand, f.clip_low, f.clip_high);
  };
  if (has_operand) {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      value[lane] = result(lane, rescale(value[lane], f.operand_multiplier, f.operand_shift));
  } else {
    for (std::size_t lane = 0; lane < lanes; ++lane) value[lane] = result(lane, 0);
  }
}

BITBALANCE_VECTOR_CLONES
void finish_lanes(const std::uint32_t* sum, std::size_t lanes, Finish f, bool has_operand,
                  std::int32_t* value) {
  finish(sum, lanes, f, has_operand, value);
}
BITBALANCE_VECTOR_CLONES
void finish_lanes(const std::int64_t* sum, std::size_t lanes, Finish f, bool has_operand,
                  std::int32_t* value) {
  finish(sum, lanes, f, has_operand, value);
}

}  // namespace

ResultRule::ResultRule(const Compute& compute, const AcceleratorConfig& config,
                       std::vector<ParameterEntry> parameters, const LookupTable& table)
    : compute_(compute),
      accumulator_bits_(config.accumulator_bits(compute.width)),
      parameters_(std::move(parameters)),
      table_(table) {}

void ResultRule::finish(const SumStrip& strip, std::int32_t* value) const {
  const ParameterEntry* const parameters =
      parameters_.data() + strip.pixels->conv_group * compute_.output_channels + strip.first_channel;
  const std::size_t lanes = strip.pixels->lanes();
  for (std::size_t row = 0; row < static_cast<std::size_t>(strip.rows); ++row, value += strip.pitch) {
    const ParameterEntry& p = parameters[row];
    const Finish how{p.bias,
                     p.multiplier,
                     compute_.operand_multiplier,
                     p.shift,
                     compute_.operand_shift,
                     accumulator_bits_,
                     compute_.clip_low,
                     compute_.clip_high};
    if (compute_.width == Width::k16) {
      finish_lanes(strip.wide + row * strip.pitch, lanes, how, compute_.operand, value);
    } else {
      finish_lanes(strip.narrow + row * strip.pitch, lanes, how, compute_.operand, value);
    }
    if (!compute_.lookup) continue;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      value[lane] = table_.at(value[lane], compute_.width, compute_.output_signed);
  }
}

}  // namespace bitbalance::tlm_level
