#include "tlm/accelerator/pe_array.h"

#include <algorithm>

#include "hw/core/arithmetic.h"
#include "hw/core/vector_clones.h"
#include "tlm/accelerator/dot_kernel.h"

namespace bitbalance::tlm_level {
namespace {

constexpr std::size_t kPitch = AcceleratorConfig::kMaxLanes;
constexpr std::size_t kWords = kPitch * AcceleratorConfig::kMaxRows;

/// Pairs of steps at a time: their activations stay in the first cache while the rows pass by; and 128 pairs
/// of 16-bit weights and the 8-bit parts of wide activations cannot overflow 32 bits.
constexpr int kPairsAtATime = 128;

BITBALANCE_VECTOR_CLONES
void add_part(const std::uint32_t* part, std::size_t lanes, int shift, std::int64_t* sums) {
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    sums[lane] += std::int64_t{static_cast<std::int32_t>(part[lane])} * (std::int64_t{1} << shift);
  }
}

BITBALANCE_VECTOR_CLONES
void wrap_lanes(const std::uint32_t* sums, std::size_t lanes, int bits, std::int64_t* wrapped) {
  for (std::size_t lane = 0; lane < lanes; ++lane) wrapped[lane] = wrap(sums[lane], bits);
}

}  // namespace

PeArray::PeArray(const sc_core::sc_module_name& name, const AcceleratorConfig& config)
    : sc_module(name),
      weights("weights", [this](WeightTile& tile) { hold(tile); }),
      activations("activations", [this](ActivationTile& tile) { perform(tile); }),
      config_(config),
      narrow_(kWords),
      wide_(kWords) {}

void PeArray::hold(WeightTile& tile) {
  groups_.resize(static_cast<std::size_t>(tile.row_group));  // those of another conv group go
  groups_.push_back(tile);
}

void PeArray::perform(ActivationTile& tile) {
  const auto& compute = std::get<Compute>(tile.pixels->command->body);
  for (const WeightTile& group : groups_) {
    if (compute.wide) {
      perform_wide(group, tile);
    } else {
      perform_narrow(group, tile);
    }
    if (compute.last_chunk) send(group, tile, group.row_group * config_.rows);
  }
}

void PeArray::perform_narrow(const WeightTile& group, const ActivationTile& tile) {
  const auto& compute = std::get<Compute>(tile.pixels->command->body);
  if (compute.first_chunk) std::fill_n(narrow_.begin(), static_cast<std::size_t>(group.rows) * kPitch, 0);
  for (int first = 0; first < group.pairs; first += kPairsAtATime) {
    add_products(group, tile.low, tile.lane_pitch, first, std::min(kPairsAtATime, group.pairs - first));
  }
}

void PeArray::perform_wide(const WeightTile& group, const ActivationTile& tile) {
  const auto& compute = std::get<Compute>(tile.pixels->command->body);
  const std::size_t words = static_cast<std::size_t>(group.rows) * kPitch;
  if (compute.first_chunk) std::fill_n(wide_.begin(), words, 0);
  for (int first = 0; first < group.pairs; first += kPairsAtATime) {
    const int pairs = std::min(kPairsAtATime, group.pairs - first);
    for (const bool high : {false, true}) {
      std::fill_n(narrow_.begin(), words, 0);
      add_products(group, high ? tile.high : tile.low, tile.lane_pitch, first, pairs);
      add_part(narrow_.data(), words, high ? 8 : 0, wide_.data());
    }
  }
}

void PeArray::add_products(const WeightTile& group, const std::uint32_t* activations_of_pair,
                           std::size_t lane_pitch, int first_pair, int pairs) {
  DotOperands o;
  o.weight_pitch = static_cast<std::size_t>(group.pairs);
  o.activations = activations_of_pair + static_cast<std::size_t>(first_pair) * lane_pitch;
  o.lane_pitch = lane_pitch;
  o.sums = narrow_.data();
  o.sum_pitch = kPitch;
  o.rows = group.rows;
  o.vectors = static_cast<int>(lane_pitch / kLaneVector);
  o.pairs = pairs;
  o.weights = group.weights + first_pair;
  dot(o);
  if (group.excess == nullptr) return;
  o.weights = group.excess + first_pair;
  dot(o);
}

void PeArray::send(const WeightTile& group, const ActivationTile& tile, int first_channel) {
  const auto& compute = std::get<Compute>(tile.pixels->command->body);
  const int bits = config_.accumulator_bits(compute.wide);
  for (std::size_t row = 0; row < static_cast<std::size_t>(group.rows); ++row) {
    std::int64_t* const sum = wide_.data() + row * kPitch;
    if (!compute.wide) {
      wrap_lanes(narrow_.data() + row * kPitch, tile.lane_pitch, bits, sum);
    } else {
      for (std::size_t lane = 0; lane < tile.lane_pitch; ++lane) sum[lane] = wrap(sum[lane], bits);
    }
  }
  SumTile result;
  result.pixels = tile.pixels;
  result.first_channel = first_channel;
  result.rows = group.rows;
  result.pitch = kPitch;
  result.sum = wide_.data();
  sums.send(result);
}

}  // namespace bitbalance::tlm_level
