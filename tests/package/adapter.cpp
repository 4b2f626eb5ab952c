// Both levels behind an address router, with nothing but the package's adapters.
#include <systemc>

#include "tlm/adapter/address_router.h"
#include "tlm/adapter/any_accelerator.h"

using namespace bitbalance::adapter;

int sc_main(int /*argc*/, char** /*argv*/) {
  AnyAcceleratorOptions clocked;
  clocked.level = Level::kRtl;
  AnyAccelerator first("first", {}, clocked), second("second", {});
  AddressRouter bus("bus");
  std::uint64_t base = 0;
  for (AnyAccelerator* const accelerator : {&first, &second}) {
    accelerator->mem.bind(bus.initiators);
    bus.attach(accelerator->name(), base, 0x1000, accelerator->csr);
    base += 0x1000;
  }
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
  return bus.targets().size() == 2 ? 0 : 1;
}
