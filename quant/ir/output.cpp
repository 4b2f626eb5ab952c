#include "quant/ir/output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace bitbalance::ir {

std::vector<std::size_t> places_of_outputs(const std::vector<std::string>& known,
                                           const std::vector<std::string>& wanted) {
  std::vector<std::size_t> places;
  for (const std::string& name : wanted) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      throw std::invalid_argument(
          fmt::format("has no output '{}'; accepted: {}", name, fmt::join(known, ", ")));
    }
    const auto place = static_cast<std::size_t>(found - known.begin());
    if (std::find(places.begin(), places.end(), place) != places.end())
      throw std::invalid_argument(fmt::format("output '{}' is chosen twice; accepted: once", name));
    places.push_back(place);
  }
  return places;
}

}  // namespace bitbalance::ir
