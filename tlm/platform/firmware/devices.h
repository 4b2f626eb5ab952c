/* The platform's devices as the firmware uses them. */
#ifndef FIRMWARE_DEVICES_H
#define FIRMWARE_DEVICES_H

#include <stdbool.h>
#include <stdint.h>

#include "bitbalance.h"

/* The terminal. */
void print(const char* text);
void print_number(uint64_t value);
void print_hex(uint64_t value);

/* Ends the simulation. */
void finish(int status);

/* The CLINT's mtime, and the driver's clock of it. */
uint64_t mtime(void);
struct bitbalance_clock timer_clock(void);

/* The driver's interrupts: wfi, with the CLINT's timer as alarm. */
struct bitbalance_interrupts machine_interrupts(void);

/* The PLIC: lets a source through; takes and completes the most urgent one, 0: none. */
void plic_enable(uint32_t source);
uint32_t plic_claim(void);
void plic_complete(uint32_t source);

#endif /* FIRMWARE_DEVICES_H */
