/* Registers in the processor's address space. */
#include "bitbalance.h"

static volatile uint32_t* at(void* base, uint32_t offset) {
  return (volatile uint32_t*)((uintptr_t)base + offset);
}

static uint32_t read_word(void* base, uint32_t offset) {
  return *at(base, offset);
}

static void write_word(void* base, uint32_t offset, uint32_t value) {
  *at(base, offset) = value;
}

struct bitbalance_bus bitbalance_mmio_bus(uintptr_t base) {
  struct bitbalance_bus bus;
  bus.read = read_word;
  bus.write = write_word;
  bus.context = (void*)base;
  return bus;
}
