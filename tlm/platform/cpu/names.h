// The rooms whose names this one sees: docs/architecture.md, "Rooms". Those of base/ need no name in front of
// them.
#pragma once

namespace bitbalance::cpu {}  // namespace bitbalance::cpu
