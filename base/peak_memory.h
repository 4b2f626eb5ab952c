// How much memory this process has taken.
#pragma once

#include <cstdint>

namespace bitbalance {

/// Bytes of this process that were in memory at most, since it began (VmHWM of proc_pid_status(5)). Other
/// than getrusage() it counts neither what ran in the process before exec() nor processes that a shell before
/// it waited for. 0 where the system does not tell.
std::int64_t peak_rss_bytes();

}  // namespace bitbalance
