#include "devices.h"

#include "memory_map.h"

static volatile uint32_t* word_at(uintptr_t address) {
  return (volatile uint32_t*)address;
}

static volatile uint8_t* byte_at(uintptr_t address) {
  return (volatile uint8_t*)address;
}

void print(const char* text) {
  for (; *text != '\0'; ++text) {
    while ((*byte_at(PLATFORM_UART_BASE + PLATFORM_UART_LINE_STATUS) & PLATFORM_UART_EMPTY) == 0) continue;
    *byte_at(PLATFORM_UART_BASE + PLATFORM_UART_TRANSMIT) = (uint8_t)*text;
  }
}

static void print_in_base(uint64_t value, unsigned base) {
  char digits[21];
  unsigned at = sizeof digits - 1;
  digits[at] = '\0';
  do {
    digits[--at] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0);
  print(&digits[at]);
}

void print_number(uint64_t value) {
  print_in_base(value, 10);
}

void print_hex(uint64_t value) {
  print("0x");
  print_in_base(value, 16);
}

void finish(int status) {
  *word_at(PLATFORM_FINISHER_BASE) =
      status == 0 ? PLATFORM_FINISHER_PASS : PLATFORM_FINISHER_FAIL | (uint32_t)status << 16;
}

/* The halves may carry between two reads. */
uint64_t mtime(void) {
  const uintptr_t at = PLATFORM_CLINT_BASE + PLATFORM_CLINT_MTIME;
  uint32_t high, low;
  do {
    high = *word_at(at + 4);
    low = *word_at(at);
  } while (high != *word_at(at + 4));
  return (uint64_t)high << 32 | low;
}

/* Without a moment that is earlier than both the old one and the new one. */
static void set_alarm(uint64_t when) {
  const uintptr_t at = PLATFORM_CLINT_BASE + PLATFORM_CLINT_MTIMECMP;
  *word_at(at + 4) = UINT32_MAX;
  *word_at(at) = (uint32_t)when;
  *word_at(at + 4) = (uint32_t)(when >> 32);
}

static uint64_t now(void* context) {
  (void)context;
  return mtime();
}

struct bitbalance_clock timer_clock(void) {
  struct bitbalance_clock clock;
  clock.now = now;
  clock.context = 0;
  return clock;
}

static void mask(void* context) {
  (void)context;
  __asm__ volatile("csrci mstatus, 8" ::: "memory");
}

static void unmask(void* context) {
  (void)context;
  __asm__ volatile("csrsi mstatus, 8" ::: "memory");
}

/* The timer's interrupt is let through to wfi alone: masked as a whole, it never comes to the handler. */
static void sleep(void* context, uint64_t deadline) {
  const uint32_t timer = 1u << 7;
  (void)context;
  set_alarm(deadline);
  __asm__ volatile("csrs mie, %0" ::"r"(timer));
  __asm__ volatile("wfi" ::: "memory");
  __asm__ volatile("csrc mie, %0" ::"r"(timer));
  set_alarm(UINT64_MAX);
}

struct bitbalance_interrupts machine_interrupts(void) {
  struct bitbalance_interrupts interrupts;
  interrupts.mask = mask;
  interrupts.unmask = unmask;
  interrupts.sleep = sleep;
  interrupts.context = 0;
  return interrupts;
}

void plic_enable(uint32_t source) {
  const uint32_t external = 1u << 11;
  *word_at(PLATFORM_PLIC_BASE + PLATFORM_PLIC_PRIORITY + 4 * source) = 1;
  *word_at(PLATFORM_PLIC_BASE + PLATFORM_PLIC_ENABLE) |= 1u << source;
  *word_at(PLATFORM_PLIC_BASE + PLATFORM_PLIC_THRESHOLD) = 0;
  __asm__ volatile("csrs mie, %0" ::"r"(external));
}

uint32_t plic_claim(void) {
  return *word_at(PLATFORM_PLIC_BASE + PLATFORM_PLIC_CLAIM);
}

void plic_complete(uint32_t source) {
  *word_at(PLATFORM_PLIC_BASE + PLATFORM_PLIC_CLAIM) = source;
}
