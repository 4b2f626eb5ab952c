#include "exercise.h"

#include "devices.h"

static bool told(const char* what, enum bitbalance_status status, enum bitbalance_status wanted) {
  print(what);
  print(": ");
  print(bitbalance_status_text(status));
  print("\n");
  return status == wanted;
}

/* Time for every pending interrupt to be taken. */
static void let_interrupts_through(void) {
  const uint64_t until = mtime() + PLATFORM_TIMER_HZ / 100000;
  machine_interrupts().unmask(0);
  while (mtime() < until) continue;
  machine_interrupts().mask(0);
}

static bool start_busy(struct bitbalance_device* device) {
  struct bitbalance_bus bus = device->bus;
  bool right;
  uint64_t cycles;
  if (!told("start", bitbalance_start(device, false), BITBALANCE_OK)) return false;
  right = told("start while busy", bitbalance_start(device, false), BITBALANCE_BUSY);
  bus.write(bus.context, BITBALANCE_CONTROL, BITBALANCE_CONTROL_START_MASK);
  cycles = bitbalance_read_result(device).cycles; /* a start would have set them to 0 */
  right = cycles != 0 && right;
  right = told("end", bitbalance_wait(device, timer_clock(), BITBALANCE_FOREVER), BITBALANCE_OK) && right;
  return bitbalance_read_result(device).cycles > cycles && right;
}

static bool reset_busy(struct bitbalance_device* device, const volatile uint32_t* handlers) {
  const uint32_t ran = *handlers;
  bool right = told("start", bitbalance_start(device, true), BITBALANCE_OK);
  right = told("reset while busy", bitbalance_soft_reset(device, timer_clock(), BITBALANCE_FOREVER),
               BITBALANCE_OK) &&
          right;
  let_interrupts_through();
  return *handlers == ran && right;
}

static bool masked(struct bitbalance_device* device, const volatile uint32_t* handlers) {
  const uint32_t ran = *handlers;
  uint32_t early;
  bool right = told("start", bitbalance_start(device, true), BITBALANCE_OK);
  right =
      told("end while masked", bitbalance_wait(device, timer_clock(), BITBALANCE_FOREVER), BITBALANCE_OK) &&
      right;
  early = *handlers - ran;
  let_interrupts_through();
  print("handlers while masked ");
  print_number(early);
  print(", then ");
  print_number(*handlers - ran);
  print("\n");
  return early == 0 && *handlers == ran + 1 && right;
}

bool exercise(enum boot_exercise which, struct bitbalance_device* device, const volatile uint32_t* handlers) {
  switch (which) {
    case BOOT_EXERCISE_START_BUSY:
      return start_busy(device);
    case BOOT_EXERCISE_RESET_BUSY:
      return reset_busy(device, handlers);
    case BOOT_EXERCISE_MASKED:
      return masked(device, handlers);
    default:
      return false;
  }
}
