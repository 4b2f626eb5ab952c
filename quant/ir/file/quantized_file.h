// Quantized networks as files: what is read is what was written, bit by bit.
#pragma once

#include <filesystem>
#include <ostream>
#include <string>

#include "quant/ir/quantized_network.h"

namespace bitbalance::ir {

/// CBOR (RFC 8949) of every field; equal networks give equal bytes.
void write_cbor(const QuantizedNetwork& network, std::ostream& stream);
std::string to_cbor(const QuantizedNetwork& network);

/// The same of a network whose weights are kept elsewhere: only their numbers are written. Read again, every
/// weight is 0, and nothing but the form of the document was checked (std::invalid_argument).
std::string outline_to_cbor(const QuantizedNetwork& network);
QuantizedNetwork outline_from_cbor(const std::string& bytes);

/// Throws std::invalid_argument, one line with the file, for one that is missing, no such file, or not valid
/// (see validate()).
QuantizedNetwork read_quantized(const std::filesystem::path& file);

}  // namespace bitbalance::ir
