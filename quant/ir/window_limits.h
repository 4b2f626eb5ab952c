// What commands of the accelerator hold of a window.
#pragma once

namespace bitbalance::ir {

/// Largest stride and dilation, and largest extent of a pooling that a convolution takes in: fields of four
/// bits.
inline constexpr int kMostStride = 15;

/// Largest extent of a kernel, and of a pooling's window: fields of eight bits.
inline constexpr int kMostKernel = 255;

}  // namespace bitbalance::ir
