#include "bitbalance.h"

/* What a macro stands for, as text. */
#define TEXT_OF(macro) LITERAL(macro)
#define LITERAL(text) #text

static uint32_t read(const struct bitbalance_device* device, uint32_t offset) {
  return device->bus.read(device->bus.context, offset);
}

static void write(const struct bitbalance_device* device, uint32_t offset, uint32_t value) {
  device->bus.write(device->bus.context, offset, value);
}

static void barrier(const struct bitbalance_device* device) {
  if (device->bus.barrier) device->bus.barrier(device->bus.context);
}

enum bitbalance_status bitbalance_probe(struct bitbalance_device* device, struct bitbalance_bus bus) {
  device->bus = bus;
  device->config_hash = 0;
  device->loaded = false;
  device->irq_events = 0;
  if (read(device, BITBALANCE_ID) != BITBALANCE_ID_RESET) return BITBALANCE_NO_DEVICE;
  if (((read(device, BITBALANCE_VERSION) ^ BITBALANCE_VERSION_RESET) & BITBALANCE_VERSION_MAJOR_MASK) != 0)
    return BITBALANCE_OTHER_VERSION;
  device->config_hash = read(device, BITBALANCE_CONFIG_HASH);
  return BITBALANCE_OK;
}

static bool is_idle(const struct bitbalance_device* device) {
  return (read(device, BITBALANCE_STATUS) & BITBALANCE_STATUS_IDLE_MASK) != 0;
}

enum bitbalance_status bitbalance_load(struct bitbalance_device* device,
                                       const struct bitbalance_program* program) {
  if (program->config_hash != device->config_hash) return BITBALANCE_OTHER_CONFIGURATION;
  if ((program->constants_address | program->data_address) % BITBALANCE_REGION_ALIGNMENT != 0)
    return BITBALANCE_MISALIGNED;
  if (!is_idle(device)) return BITBALANCE_BUSY;
  write(device, BITBALANCE_CONSTANTS_BASE_LO, (uint32_t)program->constants_address);
  write(device, BITBALANCE_CONSTANTS_BASE_HI, (uint32_t)(program->constants_address >> 32));
  write(device, BITBALANCE_CONSTANTS_BYTES, program->constants_bytes);
  write(device, BITBALANCE_DATA_BASE_LO, (uint32_t)program->data_address);
  write(device, BITBALANCE_DATA_BASE_HI, (uint32_t)(program->data_address >> 32));
  write(device, BITBALANCE_DATA_BYTES, program->data_bytes);
  device->loaded = true;
  return BITBALANCE_OK;
}

enum bitbalance_status bitbalance_start(struct bitbalance_device* device, bool interrupt) {
  const uint32_t all = BITBALANCE_IRQ_STATUS_DONE_MASK | BITBALANCE_IRQ_STATUS_ERROR_MASK;
  if (!device->loaded) return BITBALANCE_NOT_LOADED;
  if (!is_idle(device)) return BITBALANCE_BUSY;
  /* What a program left that was polled for must not be taken for the end of this one. */
  write(device, BITBALANCE_IRQ_STATUS, all);
  device->irq_events = 0;
  write(device, BITBALANCE_IRQ_ENABLE, interrupt ? all : 0);
  barrier(device); /* the accelerator reads what was written before */
  write(device, BITBALANCE_CONTROL, BITBALANCE_CONTROL_START_MASK);
  return BITBALANCE_OK;
}

enum bitbalance_status bitbalance_poll(struct bitbalance_device* device) {
  /* Error comes before idle: the engines still finish what they have begun. */
  const uint32_t status = read(device, BITBALANCE_STATUS);
  if ((status & BITBALANCE_STATUS_IDLE_MASK) == 0) return BITBALANCE_BUSY;
  barrier(device); /* the caller reads what the accelerator wrote */
  if ((status & BITBALANCE_STATUS_ERROR_MASK) != 0) return BITBALANCE_STOPPED;
  return (status & BITBALANCE_STATUS_DONE_MASK) != 0 ? BITBALANCE_OK : BITBALANCE_DROPPED;
}

/* The moment `timeout` from now. */
static uint64_t deadline_of(struct bitbalance_clock clock, uint64_t timeout) {
  uint64_t now;
  if (timeout == BITBALANCE_FOREVER) return BITBALANCE_FOREVER;
  now = clock.now(clock.context);
  return timeout < BITBALANCE_FOREVER - now ? now + timeout : BITBALANCE_FOREVER;
}

static bool is_over(struct bitbalance_clock clock, uint64_t deadline) {
  return deadline != BITBALANCE_FOREVER && clock.now(clock.context) >= deadline;
}

/* Until the accelerator is idle. The clock is read before the status: a program that ends in time is never
 * given up because the processor was away between the two. */
static enum bitbalance_status poll_until(struct bitbalance_device* device, struct bitbalance_clock clock,
                                         uint64_t deadline) {
  for (;;) {
    const bool over = is_over(clock, deadline);
    const enum bitbalance_status status = bitbalance_poll(device);
    if (status != BITBALANCE_BUSY) return status;
    if (over) return BITBALANCE_TIMED_OUT;
  }
}

enum bitbalance_status bitbalance_wait(struct bitbalance_device* device, struct bitbalance_clock clock,
                                       uint64_t timeout) {
  return poll_until(device, clock, deadline_of(clock, timeout));
}

enum bitbalance_status bitbalance_wait_interrupt(struct bitbalance_device* device,
                                                 struct bitbalance_interrupts interrupts,
                                                 struct bitbalance_clock clock, uint64_t timeout) {
  const uint64_t deadline = deadline_of(clock, timeout);
  for (;;) {
    const bool over = is_over(clock, deadline);
    bool ended;
    interrupts.mask(interrupts.context);
    ended = device->irq_events != 0 || bitbalance_poll(device) == BITBALANCE_DROPPED; /* no interrupt comes */
    if (!ended && !over) interrupts.sleep(interrupts.context, deadline);
    interrupts.unmask(interrupts.context);
    if (ended || over) break;
  }
  return poll_until(device, clock, deadline);
}

uint32_t bitbalance_handle_interrupt(struct bitbalance_device* device) {
  const uint32_t raised = read(device, BITBALANCE_IRQ_STATUS) & read(device, BITBALANCE_IRQ_ENABLE);
  if (raised != 0) {
    write(device, BITBALANCE_IRQ_STATUS, raised);
    (void)read(device, BITBALANCE_IRQ_STATUS); /* so that the write has arrived and the line falls */
    barrier(device);
    device->irq_events |= raised;
  }
  return raised;
}

enum bitbalance_status bitbalance_soft_reset(struct bitbalance_device* device, struct bitbalance_clock clock,
                                             uint64_t timeout) {
  const uint64_t deadline = deadline_of(clock, timeout);
  write(device, BITBALANCE_CONTROL, BITBALANCE_CONTROL_SOFT_RESET_MASK);
  device->irq_events = 0;
  /* However the program ended before: a device may show that until it takes the reset. */
  return poll_until(device, clock, deadline) == BITBALANCE_TIMED_OUT ? BITBALANCE_TIMED_OUT : BITBALANCE_OK;
}

struct bitbalance_result bitbalance_read_result(struct bitbalance_device* device) {
  struct bitbalance_result result;
  const uint32_t error = read(device, BITBALANCE_ERROR);
  uint32_t high = read(device, BITBALANCE_CYCLES_HI);
  uint32_t low, again;
  result.fault = (error & BITBALANCE_ERROR_CODE_MASK) >> BITBALANCE_ERROR_CODE_SHIFT;
  result.command = (error & BITBALANCE_ERROR_COMMAND_MASK) >> BITBALANCE_ERROR_COMMAND_SHIFT;
  result.commands_done = read(device, BITBALANCE_COMMANDS_DONE);
  for (;;) {
    low = read(device, BITBALANCE_CYCLES_LO);
    again = read(device, BITBALANCE_CYCLES_HI);
    if (again == high) break;
    high = again;
  }
  result.cycles = (uint64_t)high << 32 | low;
  return result;
}

const char* bitbalance_status_text(enum bitbalance_status status) {
  switch (status) {
    case BITBALANCE_OK:
      return "ok";
    case BITBALANCE_NO_DEVICE:
      return "no Bit-balance accelerator at this address";
    case BITBALANCE_OTHER_VERSION:
      return "the accelerator's registers have another version";
    case BITBALANCE_OTHER_CONFIGURATION:
      return "the program was made for another accelerator configuration";
    case BITBALANCE_MISALIGNED:
      return "a region's address is no multiple of " TEXT_OF(BITBALANCE_REGION_ALIGNMENT);
    case BITBALANCE_NOT_LOADED:
      return "no program is loaded";
    case BITBALANCE_BUSY:
      return "a program runs";
    case BITBALANCE_STOPPED:
      return "the accelerator stopped the program";
    case BITBALANCE_TIMED_OUT:
      return "the accelerator did not end in time";
    case BITBALANCE_DROPPED:
      return "no program has ended: a reset dropped it, or none was started";
  }
  return "unknown status";
}

const char* bitbalance_fault_text(uint32_t fault) {
  switch (fault) {
#define BITBALANCE_FAULT_CASE(value, text) \
  case value:                              \
    return text;
    BITBALANCE_FAULTS(BITBALANCE_FAULT_CASE)
#undef BITBALANCE_FAULT_CASE
    default:
      return "unknown fault";
  }
}
