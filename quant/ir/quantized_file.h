// Quantized networks as files: what is read is what was written, bit by bit.
#pragma once

#include <filesystem>
#include <string>

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// CBOR (RFC 8949) of every field; equal networks give equal bytes.
std::string to_cbor(const QuantizedNetwork& network);

/// Throws std::invalid_argument, one line with the file, for one that is missing, no such file, or not valid
/// (see validate()).
QuantizedNetwork read_quantized(const std::filesystem::path& file);

}  // namespace bitbalance::ir
