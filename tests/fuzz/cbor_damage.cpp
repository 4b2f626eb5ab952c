#include "tests/fuzz/cbor_damage.h"

#include <limits>
#include <stdexcept>

#include "quant/ir/file/cbor_field.h"
#include "tests/fuzz/mutation.h"

namespace bitbalance::fuzz {
namespace {

using Json = nlohmann::json;

/// A value somewhere in the document; long lists of numbers are no more likely than others.
Json& any_place(Json& json, Random& random) {
  Json* at = &json;
  while (at->is_structured() && !at->empty() && below(8, random) != 0)
    at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>(below(at->size(), random)));
  return *at;
}

Json any_value(Json& document, Random& random) {
  constexpr double kReals[] = {0.5,
                               -1,
                               1e300,
                               1e-320,
                               std::numeric_limits<double>::infinity(),
                               std::numeric_limits<double>::quiet_NaN()};
  switch (below(8, random)) {
    case 0:
      return kReals[below(std::size(kReals), random)];
    case 1:
      return any_place(document, random);
    case 2:
      return std::string("a\nb\xff");
    case 3:
      return below(2, random) == 0 ? Json::array() : Json(nullptr);
    case 4:
      return static_cast<std::uint64_t>(random());
    default:
      return edge_number(random);
  }
}

}  // namespace

std::string damage_cbor(const std::string& bytes, Random& random) {
  Json document;
  try {
    document = parse_cbor(bytes);
  } catch (const std::invalid_argument&) {
    return bytes;
  }
  Json& place = any_place(document, random);
  const std::size_t size = place.size();
  if (place.is_array() && size > 0 && below(2, random) == 0) {
    if (below(2, random) == 0) {
      place.erase(below(size, random));
    } else {
      place.push_back(Json(place[below(size, random)]));
    }
  } else if (place.is_object() && size > 0 && below(2, random) == 0) {
    place.erase(std::next(place.begin(), static_cast<std::ptrdiff_t>(below(size, random))));
  } else if (place.is_binary() && below(2, random) == 0) {
    place.get_binary().resize(below(2 * size + 1, random));
  } else {
    place = any_value(document, random);
  }
  std::string damaged;
  Json::to_cbor(document, damaged);
  return damaged;
}

}  // namespace bitbalance::fuzz
