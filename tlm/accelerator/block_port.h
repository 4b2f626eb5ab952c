// Ports that carry one kind of block from a unit to the next, in the direction of the data. A block is no
// generic payload: they are ports of an interface of its own. Only the kernel's thread calls it, and no time
// passes in it: when things happen is the controller's schedule.
#pragma once

#include <systemc>

#include "tlm/accelerator/names.h"

namespace bitbalance::tlm_level {

/// A unit that takes blocks of one kind.
template <class Block>
class Takes : public virtual sc_core::sc_interface {
 public:
  /// Returns when the block has been taken, and filled in with what the unit is asked for.
  virtual void take(Block& block) = 0;
};

template <class Block>
using BlockPort = sc_core::sc_port<Takes<Block>>;

}  // namespace bitbalance::tlm_level
