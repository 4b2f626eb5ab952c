#include "tests/driver/fake_device.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace bitbalance::test {
namespace {

using isa::Register;

FakeDevice& self(void* context) {
  return *static_cast<FakeDevice*>(context);
}

}  // namespace

bitbalance_bus FakeDevice::bus() {
  return {
      [](void* context, std::uint32_t offset) { return self(context).read(offset); },
      [](void* context, std::uint32_t offset, std::uint32_t value) { self(context).write(offset, value); },
      this, [](void* context) { self(context).log += "barrier "; }};
}

bitbalance_clock FakeDevice::clock() {
  return {[](void* context) {
            self(context).pass(1);
            return self(context).time;
          },
          this};
}

bitbalance_interrupts FakeDevice::interrupts() {
  return {[](void* context) { self(context).masked = true; },
          [](void* context) {
            self(context).masked = false;
            self(context).take_interrupts();
          },
          [](void* context, std::uint64_t deadline) { self(context).sleep(deadline); }, this};
}

std::uint32_t FakeDevice::read(std::uint32_t offset) {
  pass(1);
  const auto source = isa::register_at(offset);
  REQUIRE(source.has_value());
  log += std::string("read ") + isa::info(*source).name + " ";
  REQUIRE(isa::info(*source).access != isa::RegisterAccess::kWriteOnly);
  return file.read(*source);
}

void FakeDevice::write(std::uint32_t offset, std::uint32_t value) {
  const auto target = isa::register_at(offset);
  REQUIRE(target.has_value());
  log += std::string("write ") + isa::info(*target).name + " ";
  REQUIRE(isa::info(*target).access != isa::RegisterAccess::kReadOnly);
  if (*target == Register::kControl && (value & isa::kControlSoftReset) != 0) {
    reset_ = time + reset_delay;
    if (reset_delay == 0) soft_reset();
    pass(1);
    return;
  }
  if (*target == Register::kControl && reset_ != kNever) soft_reset();  // the writes keep their order
  file.write(*target, value);
  if ((file.take(Register::kControl) & isa::kControlStart) != 0) {
    REQUIRE(end_ == kNever);
    ++starts;
    end_ = program_ticks == kNever ? kNever : time + program_ticks;
    idle_ = kNever;
  }
  pass(1);
}

void FakeDevice::reset() {
  reset_ = end_ = idle_ = kNever;
  file = isa::RegisterFile();
  file.set(Register::kConfigHash, kConfigHash);
}

void FakeDevice::soft_reset() {
  reset_ = end_ = kNever;
  file.set(Register::kError, 0);
  file.set(Register::kIrqStatus, 0);
  const bool is_idle = (file.get(Register::kStatus) & isa::kStatusIdle) != 0;
  file.set(Register::kStatus, is_idle && reset_ticks != kNever ? isa::kStatusIdle : isa::kStatusBusy);
  idle_ = is_idle || reset_ticks == kNever ? kNever : time + reset_ticks;
}

void FakeDevice::end_program() {
  end_ = kNever;
  if (fault == isa::ProgramFault::kNone) {
    file.set(Register::kStatus, isa::kStatusIdle | isa::kStatusDone);
    file.set_bits(Register::kIrqStatus, isa::kIrqDone);
    return;
  }
  file.set(Register::kStatus, isa::kStatusError);
  file.set(Register::kError, static_cast<std::uint32_t>(fault) | 5u << 8);
  file.set_bits(Register::kIrqStatus, isa::kIrqError);
  idle_ = time + ticks_to_idle;
}

void FakeDevice::pass(std::uint64_t ticks) {
  for (; ticks > 0; --ticks) {
    ++time;
    if (time == reset_) soft_reset();
    if (time == end_) end_program();
    if (time == idle_) {
      file.set(Register::kStatus, (file.get(Register::kStatus) & ~isa::kStatusBusy) | isa::kStatusIdle);
      idle_ = kNever;
    }
    take_interrupts();
  }
}

void FakeDevice::take_interrupts() {
  if (masked || driver == nullptr || !line()) return;
  masked = true;
  ++handler_runs;
  bitbalance_handle_interrupt(driver);
  masked = false;
}

void FakeDevice::sleep(std::uint64_t deadline) {
  REQUIRE(masked);
  if (before_sleep) before_sleep();
  const std::uint64_t end = longest_sleep == kNever ? deadline : std::min(deadline, time + longest_sleep);
  for (int patience = 1'000'000; !line() && time < end; --patience) {
    REQUIRE(patience > 0);  // asleep for ever: a lost wake-up
    pass(1);
  }
}

}  // namespace bitbalance::test
