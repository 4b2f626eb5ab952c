#include "tlm/dram/address_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/text/config_error.h"
#include "base/text/number.h"

namespace bitbalance::dram {
namespace {

constexpr std::array<const char*, 6> kFieldNames = {"channel", "rank", "bank_group", "bank", "row", "column"};

int bits_of(std::int64_t count) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < count) ++bits;
  return bits;
}

[[noreturn]] void refuse(const std::string& map, const std::string& accepted) {
  throw ConfigError("DRAM", "address_map", "'" + map + "'", accepted);
}

}  // namespace

AddressMap::AddressMap(const Geometry& g, const std::string& map) : groups_(g.bank_groups), banks_(g.banks) {
  std::array<int, kFields> left = {bits_of(g.channels), bits_of(g.ranks), bits_of(g.bank_groups),
                                   bits_of(g.banks),    bits_of(g.rows),  bits_of(g.bursts_per_row())};
  std::istringstream words(map);
  // Each field's bits are dealt from its most significant on, as the map is written.
  for (std::string word; words >> word;) {
    const std::string name = word.substr(0, word.find(':'));
    const auto at = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    if (at == kFieldNames.end()) refuse(map, "channel, rank, bank_group, bank, row, column");
    const auto field = static_cast<Field>(at - kFieldNames.begin());
    int width = left[field];
    if (name != word) {
      const auto bits = whole_number(word.substr(name.size() + 1), 1, left[field]);
      if (!bits) refuse(map, fmt::format("{}:1 to {}:{}", name, name, left[field]));
      width = *bits;
    }
    left[field] -= width;
    pieces_.push_back({field, 0, width, left[field]});
  }
  for (int f = 0; f < kFields; ++f) {
    const auto field = static_cast<std::size_t>(f);
    if (left[field] != 0) refuse(map, fmt::format("{} more bits of {}", left[field], kFieldNames[field]));
  }
  int shift = bits_of(g.burst_bytes());
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    piece->shift = shift;
    shift += piece->width;
  }
}

Location AddressMap::locate(std::uint64_t address) const {
  std::array<int, kFields> value{};
  for (const Piece& piece : pieces_) {
    const std::uint64_t bits = (address >> piece.shift) & ((std::uint64_t{1} << piece.width) - 1);
    value[piece.field] |= static_cast<int>(bits << piece.field_shift);
  }
  Location place;
  place.channel = value[kChannel];
  place.rank = value[kRank];
  place.group = place.rank * groups_ + value[kGroup];
  place.bank = place.group * banks_ + value[kBank];
  place.row = value[kRow];
  place.column = value[kColumn];
  return place;
}

}  // namespace bitbalance::dram
