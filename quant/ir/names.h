// The rooms whose names this one sees: docs/architecture.md, "Rooms".
#pragma once

namespace bitbalance::host {}

namespace bitbalance::ir {
using namespace host;
}  // namespace bitbalance::ir
