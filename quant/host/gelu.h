// The constants of Gelu, for whoever computes it and whoever writes it in other operators: x / 2 times
// 1 + erf(x kGeluRootHalf) or, as an approximation, times 1 + tanh(kGeluTanhScale (x + kGeluCubic x^3)).
#pragma once

namespace bitbalance::host {

inline constexpr float kGeluRootHalf = 0.70710678F;   ///< 1 / sqrt(2)
inline constexpr float kGeluTanhScale = 0.79788456F;  ///< sqrt(2 / pi)
inline constexpr float kGeluCubic = 0.044715F;

}  // namespace bitbalance::host
