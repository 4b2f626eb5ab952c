/* What a driver may do at the wrong moment, tried on an accelerator with a loaded program. */
#ifndef FIRMWARE_EXERCISE_H
#define FIRMWARE_EXERCISE_H

#include <stdbool.h>
#include <stdint.h>

#include "bitbalance.h"
#include "boot_table.h"

/* Precondition: interrupts are masked. `handlers`: how often an interrupt's handler has run. Prints what it
 * sees and leaves the accelerator idle, with the program still loaded. False: something is not as it must be.
 * START_BUSY: the driver refuses, and the accelerator ignores, a start while a program runs.
 * RESET_BUSY: a program that is dropped ends without an interrupt.
 * MASKED: an end while interrupts are masked stays pending, and its handler runs once when they are not. */
bool exercise(enum boot_exercise which, struct bitbalance_device* device, const volatile uint32_t* handlers);

#endif /* FIRMWARE_EXERCISE_H */
