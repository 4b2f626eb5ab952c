// Tells a memory which channel of the accelerator's DRAM interface a transaction belongs to. Ignorable: a
// target that does not know it sees an ordinary generic payload.
#pragma once

#include <tlm>

#include "hw/isa/transfer/memory_channel.h"
#include "hw/port/names.h"

namespace bitbalance::port {

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
