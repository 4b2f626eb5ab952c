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

/* For memory and device registers alike, which the fences of C order on no processor that orders them
 * apart. */
static void fence(void* base) {
  (void)base;
#if defined(__riscv)
  __asm__ volatile("fence iorw, iorw" ::: "memory");
#elif defined(__aarch64__) || (defined(__ARM_ARCH) && __ARM_ARCH >= 7) || defined(__ARM_ARCH_6M__)
  __asm__ volatile("dmb sy" ::: "memory");
#elif defined(__arm__)
  __asm__ volatile("" ::: "memory"); /* no instruction of that name; the fence of C may be a library's */
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

struct bitbalance_bus bitbalance_mmio_bus(uintptr_t base) {
  struct bitbalance_bus bus;
  bus.read = read_word;
  bus.write = write_word;
  bus.context = (void*)base;
  bus.barrier = fence;
  return bus;
}
