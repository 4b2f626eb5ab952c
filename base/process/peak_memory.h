// How much memory this process has taken.
#pragma once

#include <cstdint>

namespace bitbalance {

/// Most bytes of this process that were in memory at once (VmHWM of proc_pid_status(5)). Unlike getrusage(),
/// it leaves out what ran in the process before exec(), and processes that a shell before it waited for. 0
/// where the system does not tell.
std::int64_t peak_rss_bytes();

}  // namespace bitbalance
