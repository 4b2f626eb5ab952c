/* Where the platform's devices lie and which interrupts they raise. For C and C++, so that firmware and
 * platform have one list. */
#ifndef BITBALANCE_PLATFORM_MEMORY_MAP_H
#define BITBALANCE_PLATFORM_MEMORY_MAP_H

/* Ends the simulation: see tlm/platform/finisher.h. */
#define PLATFORM_FINISHER_BASE 0x00100000u
#define PLATFORM_FINISHER_BYTES 0x1000u
#define PLATFORM_FINISHER_PASS 0x5555u
#define PLATFORM_FINISHER_FAIL 0x3333u /* bits 31:16: exit status */

#define PLATFORM_CLINT_BASE 0x02000000u
#define PLATFORM_CLINT_BYTES 0x10000u
#define PLATFORM_CLINT_MSIP 0x0000u /* offsets */
#define PLATFORM_CLINT_MTIMECMP 0x4000u
#define PLATFORM_CLINT_MTIME 0xbff8u
#define PLATFORM_TIMER_HZ 10000000u /* of mtime */

#define PLATFORM_PLIC_BASE 0x0c000000u
#define PLATFORM_PLIC_BYTES 0x4000000u
#define PLATFORM_PLIC_PRIORITY 0x000000u /* offsets; + 4 * source */
#define PLATFORM_PLIC_PENDING 0x001000u
#define PLATFORM_PLIC_ENABLE 0x002000u
#define PLATFORM_PLIC_THRESHOLD 0x200000u
#define PLATFORM_PLIC_CLAIM 0x200004u /* read: claim; write: complete */

#define PLATFORM_UART_BASE 0x10000000u
#define PLATFORM_UART_BYTES 0x1000u
#define PLATFORM_UART_TRANSMIT 0u     /* offset of THR */
#define PLATFORM_UART_INTERRUPT_ID 2u /* offset of IIR, read-only; FCR, which is ignored */
#define PLATFORM_UART_NO_INTERRUPT 1u /* in IIR: always */
#define PLATFORM_UART_LINE_CONTROL 3u /* offset of LCR */
#define PLATFORM_UART_DIVISOR 0x80u   /* DLAB in LCR: offsets 0 and 1 are the divisor */
#define PLATFORM_UART_LINE_STATUS 5u  /* offset of LSR */
#define PLATFORM_UART_EMPTY 0x60u     /* in LSR: nothing is left to transmit */

/* Registers of accelerator i at PLATFORM_ACCELERATOR_BASE + i * PLATFORM_ACCELERATOR_STRIDE. */
#define PLATFORM_ACCELERATOR_BASE 0x10010000u
#define PLATFORM_ACCELERATOR_STRIDE 0x1000u
#define PLATFORM_MAX_ACCELERATORS 8
/* Source of accelerator i at the PLIC: PLATFORM_ACCELERATOR_SOURCE + i. */
#define PLATFORM_ACCELERATOR_SOURCE 1

/* The processor starts at the first byte of the flash, with a0 = 0 and a1 = address of the boot table. */
#define PLATFORM_FLASH_BASE 0x20000000u
#define PLATFORM_FLASH_BYTES 0x100000u
#define PLATFORM_RAM_BASE 0x80000000u
#define PLATFORM_RAM_BYTES 0x100000u
/* What the accelerators work on. */
#define PLATFORM_DRAM_BASE 0x90000000u
#define PLATFORM_DRAM_MAX_BYTES 0x60000000u

#endif /* BITBALANCE_PLATFORM_MEMORY_MAP_H */
