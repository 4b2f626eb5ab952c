/* Driver of the Bit-balance accelerator: what a program on the host processor does to run a network.
 * Freestanding C99 without a library. It reaches registers, clock and interrupts through functions that the
 * platform gives. */
#ifndef BITBALANCE_H
#define BITBALANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "bitbalance_registers.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a function of the driver found. */
enum bitbalance_status {
  BITBALANCE_OK = 0,
  BITBALANCE_NO_DEVICE,           /* register ID is not the accelerator's */
  BITBALANCE_OTHER_VERSION,       /* another major version of the registers */
  BITBALANCE_OTHER_CONFIGURATION, /* the program was made for another accelerator */
  BITBALANCE_MISALIGNED,          /* a region's address is no multiple of BITBALANCE_REGION_ALIGNMENT */
  BITBALANCE_NOT_LOADED,          /* start without a loaded program */
  BITBALANCE_BUSY,                /* a program runs */
  BITBALANCE_STOPPED,             /* the accelerator stopped the program: see struct bitbalance_result */
  BITBALANCE_TIMED_OUT,           /* the program still runs, or the accelerator never became idle */
  BITBALANCE_DROPPED              /* a reset dropped the program, or none was started */
};

/* 32-bit accesses to the accelerator's registers, which must arrive in their order; `offset` in bytes. */
struct bitbalance_bus {
  uint32_t (*read)(void* context, uint32_t offset);
  void (*write)(void* context, uint32_t offset, uint32_t value);
  void* context;
  /* No access to memory or registers before it may be moved behind it, nor one after it before it, by
   * compiler or processor. The driver calls it between the inputs and the write that starts the program, and
   * between the read that tells the end and the results. Null: accesses keep their order anyway. */
  void (*barrier)(void* context);
};

/* Registers in the processor's address space from `base` on, device memory to the processor. Its barrier is
 * `fence iorw, iorw` of RISC-V, `dmb sy` of Arm, and elsewhere the compiler's for all memory. */
struct bitbalance_bus bitbalance_mmio_bus(uintptr_t base);

/* A clock that never runs backwards, in any unit. */
struct bitbalance_clock {
  uint64_t (*now)(void* context);
  void* context;
};

/* The processor's interrupts. */
struct bitbalance_interrupts {
  void (*mask)(void* context);   /* no handler runs from here on */
  void (*unmask)(void* context); /* handlers of what is pending run at once */
  /* Called while masked: sleeps until an interrupt is pending, be it masked, or until the clock reads
   * `deadline`; may return early. wfi of RISC-V and ARM does so. */
  void (*sleep)(void* context, uint64_t deadline);
  void* context;
};

#define BITBALANCE_FOREVER UINT64_MAX /* no time-out; as a deadline: never */

/* A program in memory, docs/program-files.md. */
struct bitbalance_program {
  uint64_t constants_address, data_address; /* as the accelerator sees memory; multiples of
                                             * BITBALANCE_REGION_ALIGNMENT */
  uint32_t constants_bytes, data_bytes;
  uint32_t config_hash; /* of the accelerator that it was made for */
};

struct bitbalance_result {
  uint32_t fault;   /* BITBALANCE_FAULT_... */
  uint32_t command; /* index of the command that the fault is about; 0 also for the header */
  uint32_t commands_done;
  uint64_t cycles; /* of the accelerator's clock */
};

/* One accelerator. Fields are the driver's own. */
struct bitbalance_device {
  struct bitbalance_bus bus;
  uint32_t config_hash;
  bool loaded;
  volatile uint32_t irq_events; /* bits of IRQ_STATUS that the handler has taken since start */
};

/* Looks whether the accelerator is there. Must be the first call. */
enum bitbalance_status bitbalance_probe(struct bitbalance_device* device, struct bitbalance_bus bus);

/* Makes a program the next one to start. Its memory must stay as it is until it has ended. */
enum bitbalance_status bitbalance_load(struct bitbalance_device* device,
                                       const struct bitbalance_program* program);

/* Runs the loaded program, again as often as one likes. `interrupt`: whether its end raises the interrupt
 * line. */
enum bitbalance_status bitbalance_start(struct bitbalance_device* device, bool interrupt);

/* BITBALANCE_BUSY while the program runs, then BITBALANCE_OK or BITBALANCE_STOPPED; BITBALANCE_DROPPED after
 * a reset, by register or pin. Does not wait. */
enum bitbalance_status bitbalance_poll(struct bitbalance_device* device);

/* Polls until the program has ended, for `timeout` units of the clock at most. With BITBALANCE_FOREVER the
 * clock is never read and may be all zero. */
enum bitbalance_status bitbalance_wait(struct bitbalance_device* device, struct bitbalance_clock clock,
                                       uint64_t timeout);

/* Sleeps until the program has ended. No wake-up is lost: whether the handler has run is looked at while
 * interrupts are masked. A reset raises no interrupt: it is seen when `sleep` returns for another reason.
 * Precondition: started with `interrupt`, and called unmasked. */
enum bitbalance_status bitbalance_wait_interrupt(struct bitbalance_device* device,
                                                 struct bitbalance_interrupts interrupts,
                                                 struct bitbalance_clock clock, uint64_t timeout);

/* What the interrupt handler must call: clears the bits of IRQ_STATUS that IRQ_ENABLE lets through, so that
 * the line falls. Returns those bits; 0: the interrupt was not this accelerator's. */
uint32_t bitbalance_handle_interrupt(struct bitbalance_device* device);

/* Drops a running program. The accelerator finishes what its engines have begun and becomes idle; the loaded
 * program can be started again. BITBALANCE_OK also where the dropped program had been stopped. */
enum bitbalance_status bitbalance_soft_reset(struct bitbalance_device* device, struct bitbalance_clock clock,
                                             uint64_t timeout);

/* Of the program that has ended, or runs. */
struct bitbalance_result bitbalance_read_result(struct bitbalance_device* device);

/* One line of English. */
const char* bitbalance_status_text(enum bitbalance_status status);
const char* bitbalance_fault_text(uint32_t fault);

#ifdef __cplusplus
}
#endif

#endif /* BITBALANCE_H */
