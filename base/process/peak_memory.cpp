#include "base/process/peak_memory.h"

#include <fstream>
#include <string>

namespace bitbalance {

std::int64_t peak_rss_bytes() {
  constexpr std::int64_t kBytesPerKibibyte = 1024;
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::int64_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * kBytesPerKibibyte;
  }
  return 0;
}

}  // namespace bitbalance
