// A quantized network as one stream of bytes that is quick to read: what the cache keeps. For exchange there
// is quantized_file.h.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// Writes the network in pieces. Weights of at most 8 bits take a byte each.
void write_record(const QuantizedNetwork& network, const std::function<void(std::string_view)>& write);

/// Reads what write_record() wrote from `read`, which fills so many bytes, or says that there are no more.
/// None where the stream was cut off, was changed, or holds more.
std::optional<QuantizedNetwork> read_record(const std::function<bool(char* bytes, std::size_t count)>& read);

}  // namespace bitbalance::ir
