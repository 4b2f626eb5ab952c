#include "quant/ir/file/network_record.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/file/fingerprint.h"
#include "quant/ir/file/quantized_file.h"

namespace bitbalance::ir {
namespace {

constexpr std::size_t kPart = 1 << 16;  // weights that are handled together
constexpr int kNarrowBits = 8;          // of weights that take a byte each

/// What comes first.
struct Head {
  std::array<char, 8> format = {'b', 'b', 'r', 'e', 'c', 'o', 'r', '1'};
  std::uint64_t outline_bytes = 0;
  std::uint64_t outline_mark = 0;  ///< fingerprint
};

template <class Value>
std::string_view bytes_of(const Value* values, std::size_t count = 1) {
  return {reinterpret_cast<const char*>(values), count * sizeof(Value)};
}

/// Calls body(layer, first weight, number of weights) for all weights, part by part.
template <class Network, class Body>
void for_parts(Network& network, const Body& body) {
  for (auto& layer : network.layers) {
    for (std::size_t begin = 0; begin < layer.weights.size(); begin += kPart)
      body(layer, layer.weights.data() + begin, std::min(kPart, layer.weights.size() - begin));
  }
}

}  // namespace

void write_record(const QuantizedNetwork& network, const std::function<void(std::string_view)>& write) {
  const std::string outline = outline_to_cbor(network);
  Head head;
  head.outline_bytes = outline.size();
  head.outline_mark = word_fingerprint(outline);
  write(bytes_of(&head));
  write(outline);
  std::uint64_t mark = 0;
  std::vector<std::int8_t> narrow(kPart);
  for_parts(network, [&](const QuantizedLayer& layer, const std::int16_t* weights, std::size_t count) {
    std::string_view bytes = bytes_of(weights, count);
    if (layer.weight_bits <= kNarrowBits) {
      std::transform(weights, weights + count, narrow.begin(),
                     [](std::int16_t weight) { return static_cast<std::int8_t>(weight); });
      bytes = bytes_of(narrow.data(), count);
    }
    mark = word_fingerprint(bytes, mark);
    write(bytes);
  });
  write(bytes_of(&mark));
}

std::optional<QuantizedNetwork> read_record(const std::function<bool(char* bytes, std::size_t count)>& read) {
  const auto fill = [&](auto* values, std::size_t count) {
    return read(reinterpret_cast<char*>(values), count * sizeof(*values));
  };
  constexpr std::uint64_t kLargestOutline = std::uint64_t{1} << 30;
  Head head;
  if (!fill(&head, 1) || head.format != Head().format || head.outline_bytes > kLargestOutline) return {};
  std::string outline(head.outline_bytes, '\0');
  if (!fill(outline.data(), outline.size()) || word_fingerprint(outline) != head.outline_mark) return {};
  QuantizedNetwork network = outline_from_cbor(outline);

  std::uint64_t mark = 0, written_mark = 0;
  bool is_whole = true;
  std::vector<std::int8_t> narrow(kPart);
  for_parts(network, [&](const QuantizedLayer& layer, std::int16_t* weights, std::size_t count) {
    if (!is_whole) return;
    if (layer.weight_bits <= kNarrowBits) {
      is_whole = fill(narrow.data(), count);
      mark = word_fingerprint(bytes_of(narrow.data(), count), mark);
      std::copy(narrow.begin(), narrow.begin() + static_cast<std::ptrdiff_t>(count), weights);
    } else {
      is_whole = fill(weights, count);
      mark = word_fingerprint(bytes_of(weights, count), mark);
    }
  });
  if (!is_whole || !fill(&written_mark, 1) || mark != written_mark) return {};
  char more = 0;
  if (read(&more, 1)) return {};
  return network;
}

}  // namespace bitbalance::ir
