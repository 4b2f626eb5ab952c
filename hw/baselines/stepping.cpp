#include "hw/baselines/stepping.h"

#include <algorithm>
#include <memory>

#include "hw/baselines/baseline_kind.h"
#include "hw/baselines/stepping_pe.h"

namespace bitbalance::baselines {
namespace {

/// The array: rows x columns PEs that begin and end steps together.
class SteppingArray {
 public:
  SteppingArray(const Baseline& baseline, const BaselineLayer& layer,
                const std::vector<std::int16_t>& activations)
      : baseline_(baseline), layer_(layer), activations_(activations) {
    for (int i = 0; i < baseline.rows * baseline.columns; ++i)
      pes_.push_back(baseline.kind->make_pe(baseline, layer));
    result_.sums.resize(static_cast<std::size_t>(layer.output_channels * layer.pixels));
  }

  SteppedLayer run() {
    const int channels = layer_.output_channels / layer_.conv_groups;
    for (int group = 0; group < layer_.conv_groups; ++group) {
      for (int first = 0; first < channels; first += baseline_.rows) {
        const int used_rows = std::min(baseline_.rows, channels - first);
        for (std::int64_t pixel = 0; pixel < layer_.pixels; pixel += baseline_.columns) {
          const auto used_columns =
              static_cast<int>(std::min<std::int64_t>(baseline_.columns, layer_.pixels - pixel));
          for (int k = 0; k < layer_.kernel; k += baseline_.lanes)
            step(group, group * channels + first, used_rows, pixel, used_columns, k);
        }
      }
    }
    return std::move(result_);
  }

 private:
  void step(int conv_group, int channel, int rows, std::int64_t pixel, int columns, int k) {
    std::vector<SteppingPe*> running;
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        running.push_back(pes_[running.size()].get());
        load(*running.back(), conv_group, channel + r, pixel + c, k);
      }
    }
    const auto used = static_cast<std::int64_t>(running.size());
    int cycles = 0;
    for (; !running.empty(); ++cycles) {
      result_.cycles.used_pe_cycles += used;
      result_.cycles.pe_cycles += static_cast<std::int64_t>(running.size());
      running.erase(
          std::remove_if(running.begin(), running.end(), [](SteppingPe* pe) { return !pe->clock(); }),
          running.end());
    }
    // The PEs may be done before the buffers are.
    const int lanes = std::min(baseline_.lanes, layer_.kernel - k);
    result_.cycles.cycles += std::max(cycles, delivery_cycles(baseline_, layer_, rows, columns, lanes));
    ++result_.cycles.steps;
    auto pe = pes_.begin();
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < columns; ++c) {
        result_.sums[(channel + r) * layer_.pixels + pixel + c] += (*pe)->result();
        result_.cycles.terms += (*pe++)->terms();
      }
    }
  }

  void load(SteppingPe& pe, int conv_group, int channel, std::int64_t pixel, int k) {
    std::vector<std::int16_t> weights(static_cast<std::size_t>(baseline_.lanes));
    std::vector<std::int16_t> activations(weights.size());
    for (int lane = 0; lane < std::min(baseline_.lanes, layer_.kernel - k); ++lane) {
      weights[lane] = layer_.weights[std::ptrdiff_t{channel} * layer_.kernel + k + lane];
      activations[lane] =
          activations_[(std::int64_t{conv_group} * layer_.kernel + k + lane) * layer_.pixels + pixel];
    }
    pe.load(weights.data(), activations.data());
  }

  const Baseline& baseline_;
  const BaselineLayer& layer_;
  const std::vector<std::int16_t>& activations_;
  std::vector<std::unique_ptr<SteppingPe>> pes_;
  SteppedLayer result_;
};

}  // namespace

SteppedLayer step_layer(const Baseline& baseline, const BaselineLayer& layer,
                        const std::vector<std::int16_t>& activations) {
  check(baseline);
  return SteppingArray(baseline, layer, activations).run();
}

}  // namespace bitbalance::baselines
