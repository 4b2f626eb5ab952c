#include "hw/timeline/weights/resident_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace bitbalance::timeline {
namespace {

constexpr std::uint32_t kRingWordBytes = 8;

}  // namespace

void ResidentWeights::restart(const Program& program, RowGroups& weights) {
  program_ = &program;
  weights_ = &weights;
  blob_ = 0;
  resident_.resize(static_cast<std::size_t>(config_.weight_bank_bytes) / kRingWordBytes);
  for (const std::size_t word : loaded_) resident_[word] = nullptr;
  loaded_.clear();
}

const RowGroupSteps* ResidentWeights::find(std::size_t index) {
  const std::vector<ConstantsBlob>& blobs = program_->blobs;
  const Command& command = program_->commands[index];
  if (const auto* load = std::get_if<LoadWeights>(&command.body)) {
    // Most often the one after the last.
    ++blob_;
    if (blob_ >= blobs.size() || blobs[blob_].offset != load->dram_offset) {
      const auto found =
          std::lower_bound(blobs.begin(), blobs.end(), load->dram_offset,
                           [](const ConstantsBlob& b, std::uint32_t offset) { return b.offset < offset; });
      blob_ = static_cast<std::size_t>(found - blobs.begin());
    }
    const std::size_t word = load->base / kRingWordBytes;
    resident_[word] = weights_->groups_of(blobs[blob_], config_);
    loaded_.push_back(word);
    return nullptr;
  }
  const auto* compute = std::get_if<Compute>(&command.body);
  if (compute == nullptr) return nullptr;
  const RowGroupSteps* groups = resident_[compute->weight_base / kRingWordBytes];
  if (groups == nullptr) {
    throw std::invalid_argument(
        fmt::format("program: command {}: no load brings weights to address {} of the weight buffer", index,
                    compute->weight_base));
  }
  return groups;
}

}  // namespace bitbalance::timeline
