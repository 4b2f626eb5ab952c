/* Looks for an accelerator, as the first lines of any firmware do. */
#include <bitbalance.h>

int main(void) {
  struct bitbalance_device device;
  return bitbalance_probe(&device, bitbalance_mmio_bus(0x10010000)) == BITBALANCE_OK ? 0 : 1;
}
