#include "tlm/check/journey.h"

#include <algorithm>
#include <unordered_map>

namespace bitbalance::checker {
namespace {

using Journeys = std::unordered_map<const tlm::tlm_generic_payload*, Journey>;

Journeys& journeys() {
  static Journeys all;
  return all;
}

}  // namespace

Journey& Journey::of(const tlm::tlm_generic_payload& payload) {
  return journeys()[&payload];
}

void Journey::forget(const void* checker) {
  for (auto it = journeys().begin(); it != journeys().end();) {
    it->second.drop(checker);
    it = it->second.is_new() ? journeys().erase(it) : std::next(it);
  }
}

void Journey::begin(const void* checker) {
  way_.push_back(checker);
}

void Journey::drop(const void* checker) {
  way_.erase(std::remove(way_.begin(), way_.end(), checker), way_.end());
}

void Journey::abandon(const tlm::tlm_generic_payload& payload, const void* checker) {
  const auto found = journeys().find(&payload);
  if (found == journeys().end()) return;
  found->second.drop(checker);
  if (found->second.is_new()) journeys().erase(found);
}

Journey::Fault Journey::answer(const tlm::tlm_generic_payload& payload, const void* checker) {
  const auto found = journeys().find(&payload);
  if (found == journeys().end() || found->second.is_new()) return Fault::kWay;
  Journey& journey = found->second;
  Fault fault = journey.way_.back() == checker ? Fault::kNone : Fault::kWay;
  const unsigned char* const data = payload.get_data_ptr();
  const bool has_data = payload.is_read() && data != nullptr;
  if (!journey.answered_) {
    journey.answered_ = true;
    journey.is_ok_ = payload.is_response_ok();
    if (has_data) journey.data_.assign(data, data + payload.get_data_length());
  } else if (payload.is_response_ok() && !journey.is_ok_) {
    fault = Fault::kStatus;
  } else if (has_data && !std::equal(journey.data_.begin(), journey.data_.end(), data)) {
    fault = Fault::kData;
  }
  journey.drop(checker);
  if (journey.is_new()) journeys().erase(found);
  return fault;
}

}  // namespace bitbalance::checker
