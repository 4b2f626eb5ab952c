#include <catch2/catch.hpp>

#include "hw/isa/registers.h"
#include "tests/support/temporary_folder.h"

using namespace bitbalance;
using namespace bitbalance::test;

TEST_CASE("each register is found at its offset and nowhere else") {
  for (const RegisterInfo& entry : kRegisters) {
    CHECK(register_at(entry.offset) == entry.id);
    CHECK_FALSE(register_at(entry.offset + 1).has_value());
  }
  CHECK_FALSE(register_at(0x2c).has_value());  // a hole
  CHECK_FALSE(register_at(kRegisterWindowBytes).has_value());
  CHECK_FALSE(register_at(0x1'0000'0000).has_value());
}

TEST_CASE("registers start with the reset values of the table") {
  const RegisterFile file;
  for (const RegisterInfo& entry : kRegisters) CHECK(file.get(entry.id) == entry.reset);
}

TEST_CASE("a read-only register ignores writes") {
  RegisterFile file;
  file.write(Register::kId, 0);
  CHECK(file.read(Register::kId) == info(Register::kId).reset);
}

TEST_CASE("a read-write register keeps the bits of its fields that the byte enables select") {
  RegisterFile file;
  file.write(Register::kDataBaseLo, 0xffffffff);
  CHECK(file.read(Register::kDataBaseLo) == 0xffffffff);  // start checks the alignment
  file.write(Register::kDataBytes, 0x11223344);
  file.write(Register::kDataBytes, 0xaabbccdd, 0x00ff00ff);
  CHECK(file.read(Register::kDataBytes) == 0x11bb33dd);
  file.write(Register::kIrqEnable, 0xffffffff);
  CHECK(file.read(Register::kIrqEnable) == 3);
}

TEST_CASE("writing one clears a bit that the hardware set, writing zero keeps it") {
  RegisterFile file;
  file.set_bits(Register::kIrqStatus, kIrqDone | kIrqError);
  file.write(Register::kIrqStatus, 0);
  CHECK(file.read(Register::kIrqStatus) == (kIrqDone | kIrqError));
  file.write(Register::kIrqStatus, kIrqDone);
  CHECK(file.read(Register::kIrqStatus) == kIrqError);
  file.write(Register::kIrqStatus, kIrqError, 0xffffff00);  // byte 0 not enabled
  CHECK(file.read(Register::kIrqStatus) == kIrqError);
}

TEST_CASE("a write-only register reads as zero and acts once") {
  RegisterFile file;
  file.set(Register::kStatus, kStatusIdle);
  file.write(Register::kControl, kControlStart);
  CHECK(file.read(Register::kControl) == 0);
  CHECK(file.take(Register::kControl) == kControlStart);
  CHECK(file.take(Register::kControl) == 0);
}

TEST_CASE("a soft reset wins over a start in the same write and before it, not over one after it") {
  RegisterFile file;
  file.write(Register::kControl, 0xffffffff);
  CHECK(file.take(Register::kControl) == kControlSoftReset);
  file.write(Register::kControl, kControlStart);
  file.write(Register::kControl, kControlSoftReset);
  CHECK(file.read(Register::kStatus) == kStatusIdle);
  CHECK(file.take(Register::kControl) == kControlSoftReset);
  file.write(Register::kControl, kControlSoftReset);
  file.write(Register::kControl, kControlStart);
  CHECK(file.take(Register::kControl) == (kControlStart | kControlSoftReset));
}

TEST_CASE("a start shows as busy at once, and only where it is accepted") {
  RegisterFile file;
  file.set(Register::kStatus, kStatusIdle | kStatusDone);
  file.write(Register::kControl, kControlStart);
  CHECK(file.read(Register::kStatus) == kStatusBusy);
  file.set(Register::kStatus, kStatusError);
  file.write(Register::kControl, kControlStart);
  CHECK(file.read(Register::kStatus) == kStatusError);
}

TEST_CASE("what a start clears reads so at once, but the counters only until a soft reset drops it") {
  RegisterFile file;
  file.set(Register::kStatus, kStatusIdle | kStatusError);
  file.set(Register::kError, 0x501);
  file.set(Register::kIrqStatus, kIrqError);
  file.set(Register::kCommandsDone, 5);
  file.set(Register::kBusyStore, 6);
  file.write(Register::kControl, kControlStart);
  CHECK(file.read(Register::kStatus) == kStatusBusy);
  CHECK(file.read(Register::kError) == 0);
  CHECK(file.read(Register::kIrqStatus) == kIrqError);
  CHECK(file.read(Register::kCommandsDone) == 0);
  CHECK(file.read(Register::kBusyStore) == 0);
  file.write(Register::kControl, kControlSoftReset);
  CHECK(file.read(Register::kCommandsDone) == 5);
  CHECK(file.read(Register::kBusyStore) == 6);
}

TEST_CASE("what a soft reset clears reads so at once, and it makes nothing idle that was not") {
  RegisterFile file;
  file.set(Register::kError, 0x501);
  file.set(Register::kIrqStatus, kIrqDone | kIrqError);
  const auto status_after = [&file](std::uint32_t before) {
    file.set(Register::kStatus, before);
    file.write(Register::kControl, kControlSoftReset);
    return file.read(Register::kStatus);
  };
  CHECK(status_after(kStatusIdle | kStatusDone) == kStatusIdle);
  CHECK(status_after(kStatusIdle | kStatusError) == kStatusIdle);
  CHECK(status_after(kStatusBusy | kStatusError) == kStatusBusy);
  CHECK(status_after(kStatusBusy) == kStatusBusy);
  CHECK(file.read(Register::kError) == 0);
  CHECK(file.read(Register::kIrqStatus) == 0);
}

TEST_CASE("an accepted start captures the regions as they are when it is written") {
  RegisterFile file;
  file.write(Register::kDataBaseLo, 0x100);
  file.write(Register::kDataBaseHi, 1);
  file.write(Register::kConstantsBytes, 64);
  file.write(Register::kControl, kControlStart);
  file.write(Register::kDataBaseLo, 0x300);
  file.write(Register::kConstantsBytes, 128);
  file.write(Register::kControl, kControlStart);  // ignored: not idle
  CHECK(file.started_regions().base[static_cast<int>(Region::kData)] == 0x1'0000'0100);
  CHECK(file.started_regions().bytes[static_cast<int>(Region::kConstants)] == 64);
  file.write(Register::kControl, kControlSoftReset);
  file.write(Register::kControl, kControlStart);
  CHECK(file.started_regions().base[static_cast<int>(Region::kData)] == 0x1'0000'0300);
  CHECK(file.started_regions().bytes[static_cast<int>(Region::kConstants)] == 128);
}

TEST_CASE("the C header names every register") {
  const std::string header = registers_c_header();
  for (const RegisterInfo& entry : kRegisters) {
    CHECK(header.find(std::string("#define BITBALANCE_") + entry.name + " 0x") != std::string::npos);
  }
  CHECK(header.find("#define BITBALANCE_CONTROL_START_MASK 0x00000001u") != std::string::npos);
  CHECK(header.find("#define BITBALANCE_FAULT_TIMEOUT 11u") != std::string::npos);
}

TEST_CASE("docs/registers.md is what the table generates") {
  CHECK(text_of(BITBALANCE_SOURCE_DIR "/docs/registers.md") == registers_markdown());
}
