/* What the boot loader, which is the simulator, tells the firmware: where programs and images lie, and what
 * to do with them. Little-endian, for C and C++. The fields of a program are those of program.h
 * (docs/program-files.md). */
#ifndef BITBALANCE_PLATFORM_BOOT_TABLE_H
#define BITBALANCE_PLATFORM_BOOT_TABLE_H

#include <stdint.h>

#include "memory_map.h" /* beside this file */

#define BOOT_TABLE_MAGIC 0x54424242u /* "BBBT" */
#define BOOT_TABLE_VERSION 2u
#define BOOT_TABLE_NO_LABEL 0xffffffffu

/* NOLINTBEGIN(readability-identifier-naming): names of C */
enum boot_wait { BOOT_WAIT_POLL = 0, BOOT_WAIT_INTERRUPT = 1 };

/* What the firmware does with accelerator 0 before it runs the images: tlm/platform/firmware/exercise.h. */
enum boot_exercise {
  BOOT_EXERCISE_NONE = 0,
  BOOT_EXERCISE_START_BUSY = 1,
  BOOT_EXERCISE_RESET_BUSY = 2,
  BOOT_EXERCISE_MASKED = 3
};

/* A tensor in the data region: image i from `offset + i * image_pitch` on. */
struct boot_tensor {
  uint32_t offset, image_pitch, image_bytes;
  uint32_t elements, element_bytes, is_signed; /* element_bytes: 1 or 2 */
};

/* An accelerator's program. */
struct boot_program {
  uint64_t constants, data; /* addresses */
  uint64_t inputs;          /* address of the images as this program takes them, one after the other */
  uint32_t constants_bytes, data_bytes;
  uint32_t config_hash, reserved;
  struct boot_tensor input, output;
};

struct boot_table {
  uint32_t magic, version;
  uint32_t accelerators;
  uint32_t wait;        /* enum boot_wait */
  uint64_t timeout;     /* ticks of mtime per program */
  uint32_t images;      /* a multiple of batch */
  uint32_t batch;       /* images of one program, the same for all */
  uint32_t spin;        /* rounds of the busy loop that measures the speed of the processor; 0: none */
  uint32_t exercise;    /* enum boot_exercise */
  uint64_t labels;      /* address of uint32_t each; BOOT_TABLE_NO_LABEL: unknown */
  uint64_t predictions; /* address of uint32_t each: written by the firmware */
  uint64_t cycles;      /* of all programs, of their accelerators' clocks: written by the firmware */
  uint32_t handlers;    /* how often the handler of an accelerator's interrupt ran: written by the firmware */
  uint32_t programs;    /* that ended: written by the firmware */
  struct boot_program program[PLATFORM_MAX_ACCELERATORS]; /* of each accelerator */
};
/* NOLINTEND(readability-identifier-naming) */

#endif /* BITBALANCE_PLATFORM_BOOT_TABLE_H */
