// Elements of ONNX tensors. Whatever they are in a file, the importer computes with float: real numbers of
// other widths are rounded to it, and integers are exact up to 2^24.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string>

#include "quant/ir/output.h"
#include "quant/onnx/names.h"

namespace bitbalance::onnx_io {

/// ONNX's number of an element type. UINT4 and INT4 are younger than Debian's library.
using ElementType = int;
using ir::kInt4;
using ir::kUint4;

/// FLOAT, FLOAT16, BFLOAT16 and DOUBLE.
bool is_real(ElementType type);
/// Signed and unsigned integers of 4 to 64 bits.
bool is_integer(ElementType type);
/// Of integers and BOOL, which has no sign.
bool is_signed(ElementType type);
/// The two of above, and BOOL.
bool is_accepted(ElementType type);
/// "FLOAT16"; a number that no name is known for is written as one.
std::string name_of(ElementType type);
/// "FLOAT, FLOAT16...": for messages.
std::string accepted_types();

/// Bits of an element in raw data; 0: the type is not accepted.
int bits_of(ElementType type);
/// Is the whole number one of the integer type? Of 64 bits the bound itself is: what stands for "to the end"
/// there has no float below it.
bool holds(ElementType type, double whole);
/// Are all numbers of the integer or boolean type `of` those of `type`, too? What floats do not tell apart
/// beyond kExactInteger is left out: 32 and 64 bits hold each other's.
bool holds_all(ElementType type, ElementType of);

/// Floats tell all integers up to this magnitude apart.
constexpr std::int64_t kExactInteger = std::int64_t{1} << 24;
/// From here on an integer means "to the end": those of 32 bits whose nearest float is 2^31 or beyond.
constexpr std::int64_t kUnboundedInteger = (std::int64_t{1} << 31) - 64;
/// The integer as a float. Throws std::invalid_argument for one that no float is equal to, unless it is from
/// kUnboundedInteger on.
float exact_integer(std::int64_t value);

/// The value of a bit pattern of BFLOAT16.
float from_brain_half(std::uint16_t bits);
/// What remains of a value in a real type: the nearest one, halves to even.
float rounded_to(ElementType type, float value);

}  // namespace bitbalance::onnx_io
