// Platform-level interrupt controller as its RISC-V specification has it, for one hart in machine mode:
// gateways for level interrupts, priorities, enables, threshold, claim and complete. The registers act in
// zero time; a gateway looks at its line again at the annotated time of the completion, so that a processor
// ahead of the kernel gets no interrupt twice.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "tlm/platform/memory_map.h"
#include "tlm/platform/register_device.h"

namespace bitbalance::platform {

class Plic : public RegisterDevice {
 public:
  static constexpr std::uint64_t kPriority = PLATFORM_PLIC_PRIORITY;  ///< + 4 * source
  static constexpr std::uint64_t kPending = PLATFORM_PLIC_PENDING;    ///< a bit of each source
  static constexpr std::uint64_t kEnable = PLATFORM_PLIC_ENABLE;
  static constexpr std::uint64_t kThreshold = PLATFORM_PLIC_THRESHOLD;
  static constexpr std::uint64_t kClaim = PLATFORM_PLIC_CLAIM;  ///< read: claim; write: complete
  static constexpr std::uint32_t kMaxPriority = 7;

  /// lines[i] is source i + 1; source 0 does not exist.
  sc_core::sc_vector<sc_core::sc_in<bool>> lines;
  sc_core::sc_out<bool> interrupt{"interrupt"};

  /// `sources`: 1..31.
  Plic(const sc_core::sc_module_name& name, unsigned sources);

 private:
  struct Source {
    std::uint32_t priority = 0;
    bool enabled = false;
    bool pending = false;
    bool in_service = false;  ///< from its request until it is completed
  };

  std::optional<std::uint32_t> read(std::uint64_t offset, unsigned bytes,
                                    const sc_core::sc_time& delay) override;
  bool write(std::uint64_t offset, unsigned bytes, std::uint32_t value, sc_core::sc_time& delay) override;
  /// The pending and enabled source of the highest priority, of equals the lowest; 0: none. The threshold
  /// does not matter: it gates the line to the hart alone.
  std::uint32_t best() const;
  std::uint32_t claim();
  std::uint32_t bits(bool Source::*member) const;
  void complete(std::uint32_t source, const sc_core::sc_time& delay);
  /// Gateways forward what is high and not in service; drives the line to the hart.
  void update();

  std::vector<Source> sources_;  ///< [0] unused
  std::uint32_t threshold_ = 0;
  struct Completion {
    sc_core::sc_time time;
    std::uint32_t source;
  };
  std::deque<Completion> completions_;  ///< by time: that the kernel has not reached
  sc_core::sc_event update_event_;
};

}  // namespace bitbalance::platform
