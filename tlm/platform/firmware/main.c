/* Runs the program of the boot table on all of its images, batch by batch and accelerator by accelerator, and
 * prints what each image is taken for. Exit status: 0, or one of enum exit_status. */
#include "bitbalance.h"
#include "boot_table.h"
#include "devices.h"
#include "exercise.h"
#include "memory_map.h"

enum exit_status {
  EXIT_BAD_TABLE = 1,
  EXIT_NO_DEVICE = 2,
  EXIT_NOT_RUN = 3, /* a program was refused, stopped or timed out */
  EXIT_EXCEPTION = 4,
  EXIT_EXERCISE = 5 /* something was other than exercise.h says */
};

static struct bitbalance_device devices[PLATFORM_MAX_ACCELERATORS];
static struct boot_table* table;

static const char* exception_text(uint64_t cause) {
  switch (cause) {
    case 1:
      return "instruction access fault";
    case 2:
      return "illegal instruction";
    case 3:
      return "breakpoint";
    case 5:
      return "load access fault";
    case 7:
      return "store access fault";
    default:
      return "exception";
  }
}

/* From start.S. Returns where to go on. */
uint64_t trap(uint64_t cause, uint64_t pc, uint64_t value);
uint64_t trap(uint64_t cause, uint64_t pc, uint64_t value) {
  const uint64_t external = (uint64_t)1 << 63 | 11;
  uint32_t source;
  if (cause != external) {
    print(exception_text(cause));
    print(" at ");
    print_hex(pc);
    print(", mtval ");
    print_hex(value);
    print("\n");
    finish(EXIT_EXCEPTION);
    for (;;) continue;
  }
  source = plic_claim();
  if (source >= PLATFORM_ACCELERATOR_SOURCE && source < PLATFORM_ACCELERATOR_SOURCE + table->accelerators)
    bitbalance_handle_interrupt(&devices[source - PLATFORM_ACCELERATOR_SOURCE]);
  ++table->handlers;
  if (source != 0) plic_complete(source);
  return pc;
}

static void copy(uint64_t to, uint64_t from, uint32_t bytes) {
  uint8_t* target = (uint8_t*)to;
  const uint8_t* source = (const uint8_t*)from;
  uint32_t i = 0;
  if ((to | from) % 8 == 0)
    for (; i + 8 <= bytes; i += 8) *(uint64_t*)(target + i) = *(const uint64_t*)(source + i);
  for (; i < bytes; ++i) target[i] = source[i];
}

/* The index of the largest element, of equals the first. */
static uint32_t largest(uint64_t address, const struct boot_tensor* tensor) {
  uint32_t best = 0, i;
  int32_t most = INT32_MIN;
  for (i = 0; i < tensor->elements; ++i) {
    const uint64_t at = address + (uint64_t)i * tensor->element_bytes;
    int32_t value;
    if (tensor->element_bytes == 2) {
      value = *(const int16_t*)at;
    } else if (tensor->is_signed) {
      value = *(const int8_t*)at;
    } else {
      value = *(const uint8_t*)at;
    }
    if (value > most) {
      most = value;
      best = i;
    }
  }
  return best;
}

/* Says why and returns the exit status. */
static int refuse(uint32_t accelerator, enum bitbalance_status status) {
  print("accelerator ");
  print_number(accelerator);
  print(": ");
  print(bitbalance_status_text(status));
  if (status == BITBALANCE_STOPPED) {
    const struct bitbalance_result result = bitbalance_read_result(&devices[accelerator]);
    print(" at command ");
    print_number(result.command);
    print(": ");
    print(bitbalance_fault_text(result.fault));
  }
  print("\n");
  return status == BITBALANCE_NO_DEVICE ? EXIT_NO_DEVICE : EXIT_NOT_RUN;
}

static int prepare(uint32_t accelerator) {
  const struct boot_program* boot = &table->program[accelerator];
  struct bitbalance_program program;
  enum bitbalance_status status = bitbalance_probe(
      &devices[accelerator],
      bitbalance_mmio_bus(PLATFORM_ACCELERATOR_BASE + accelerator * PLATFORM_ACCELERATOR_STRIDE));
  program.constants_address = boot->constants;
  program.constants_bytes = boot->constants_bytes;
  program.data_address = boot->data;
  program.data_bytes = boot->data_bytes;
  program.config_hash = boot->config_hash;
  if (status == BITBALANCE_OK) status = bitbalance_load(&devices[accelerator], &program);
  if (status != BITBALANCE_OK) return refuse(accelerator, status);
  plic_enable(PLATFORM_ACCELERATOR_SOURCE + accelerator);
  return 0;
}

static int start(uint32_t accelerator, uint32_t first) {
  const struct boot_program* boot = &table->program[accelerator];
  const struct boot_tensor* input = &boot->input;
  enum bitbalance_status status;
  uint32_t i;
  for (i = 0; i < table->batch; ++i)
    copy(boot->data + input->offset + (uint64_t)i * input->image_pitch,
         boot->inputs + (uint64_t)(first + i) * input->image_bytes, input->image_bytes);
  status = bitbalance_start(&devices[accelerator], table->wait == BOOT_WAIT_INTERRUPT);
  return status == BITBALANCE_OK ? 0 : refuse(accelerator, status);
}

/* `cycles`: of the program that the image was a part of. */
static void print_image(uint32_t image, uint32_t prediction, uint32_t accelerator, uint64_t cycles) {
  const uint32_t label = ((const uint32_t*)table->labels)[image];
  print("image ");
  print_number(image);
  print(": predicted ");
  print_number(prediction);
  if (label != BOOT_TABLE_NO_LABEL) {
    print(", true ");
    print_number(label);
  }
  print(", ");
  print_number(cycles);
  print(" cycles");
  if (table->batch > 1) {
    print(" for ");
    print_number(table->batch);
    print(" images");
  }
  if (table->accelerators > 1) {
    print(" on accelerator ");
    print_number(accelerator);
  }
  print("\n");
}

static int end(uint32_t accelerator, uint32_t first) {
  const struct boot_program* boot = &table->program[accelerator];
  const struct boot_tensor* output = &boot->output;
  struct bitbalance_device* device = &devices[accelerator];
  struct bitbalance_result result;
  uint32_t i;
  const enum bitbalance_status status =
      table->wait == BOOT_WAIT_INTERRUPT
          ? bitbalance_wait_interrupt(device, machine_interrupts(), timer_clock(), table->timeout)
          : bitbalance_wait(device, timer_clock(), table->timeout);
  if (status != BITBALANCE_OK) return refuse(accelerator, status);
  result = bitbalance_read_result(device);
  table->cycles += result.cycles;
  ++table->programs;
  for (i = 0; i < table->batch; ++i) {
    const uint32_t prediction =
        largest(boot->data + output->offset + (uint64_t)i * output->image_pitch, output);
    ((uint32_t*)table->predictions)[first + i] = prediction;
    print_image(first + i, prediction, accelerator, result.cycles);
  }
  return 0;
}

/* A loop as a processor's speed is measured by: a bit of everything. */
static uint64_t spin(uint32_t rounds) {
  volatile uint64_t cell = 1;
  uint64_t sum = 0;
  for (; rounds > 0; --rounds) {
    sum = (sum << 3 ^ rounds) + cell;
    cell = sum >> 1;
  }
  return sum;
}

int main(struct boot_table* given);
int main(struct boot_table* given) {
  uint32_t first, a;
  table = given;
  if (table->magic != BOOT_TABLE_MAGIC || table->version != BOOT_TABLE_VERSION || table->batch == 0 ||
      table->images % table->batch != 0 || table->accelerators == 0 ||
      table->accelerators > PLATFORM_MAX_ACCELERATORS) {
    print("the boot table is not one of this firmware\n");
    return EXIT_BAD_TABLE;
  }
  if (table->spin != 0) {
    print("spin: ");
    print_hex(spin(table->spin));
    print("\n");
  }
  for (a = 0; a < table->accelerators; ++a) {
    const int status = prepare(a);
    if (status != 0) return status;
  }
  if (table->exercise != BOOT_EXERCISE_NONE &&
      !exercise((enum boot_exercise)table->exercise, &devices[0], &table->handlers))
    return EXIT_EXERCISE;
  machine_interrupts().unmask(0);
  for (first = 0; first < table->images; first += table->accelerators * table->batch) {
    int status = 0;
    for (a = 0; a < table->accelerators && first + a * table->batch < table->images && status == 0; ++a)
      status = start(a, first + a * table->batch);
    for (a = 0; a < table->accelerators && first + a * table->batch < table->images && status == 0; ++a)
      status = end(a, first + a * table->batch);
    if (status != 0) return status;
  }
  print_number(table->images);
  print(" images, ");
  print_number(table->cycles);
  print(" cycles\n");
  return 0;
}
