// Tells a memory which channel of the accelerator's DRAM interface a transaction belongs to. Ignorable: a
// target that does not know it sees an ordinary generic payload.
#pragma once

#include <cstdint>
#include <tlm>

#include "hw/port/names.h"

namespace bitbalance::port {

enum class MemoryChannel : std::uint8_t { kCommand, kRead, kWrite };
inline constexpr int kMemoryChannels = 3;
constexpr const char* to_string(MemoryChannel channel) {
  constexpr const char* kNames[] = {"command", "read", "write"};
  return kNames[static_cast<int>(channel)];
}

class MemoryChannelExtension : public tlm::tlm_extension<MemoryChannelExtension> {
 public:
  MemoryChannel channel = MemoryChannel::kRead;

  tlm::tlm_extension_base* clone() const override { return new MemoryChannelExtension(*this); }
  void copy_from(const tlm::tlm_extension_base& other) override {
    channel = static_cast<const MemoryChannelExtension&>(other).channel;
  }
};

/// Without the extension: the read or the write channel, by the command.
inline MemoryChannel channel_of(const tlm::tlm_generic_payload& transaction) {
  const auto* extension = transaction.get_extension<MemoryChannelExtension>();
  if (extension != nullptr) return extension->channel;
  return transaction.is_write() ? MemoryChannel::kWrite : MemoryChannel::kRead;
}

}  // namespace bitbalance::port
