// What goes wrong on the platform: each time the fault's code, the interrupt, what the firmware says and ends
// with, and not a byte of DRAM changed outside the data regions and the firmware's own results.
#include <catch2/catch.hpp>
#include <cstring>

#include "base/bits.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/registers.h"
#include "tests/tlm/platform/cpu/firmware_run.h"

using namespace bitbalance;
using namespace bitbalance::test;
using adapter::Level;
using platform::BootImage;

namespace {

constexpr std::uint64_t kHole = 0x7000'0000;  // nothing is there

constexpr const char* kAllRight = "all predictions right, changed: nothing";

std::uint8_t* constants_of(BootImage& image) {
  return image.dram.data() + (image.table.program[0].constants - PLATFORM_DRAM_BASE);
}

/// A fault, and what must be seen of it at either level.
struct Row {
  const char* name;
  std::function<void(BootImage&)> spoil;
  const char* message;  ///< of the firmware
  const char* fault;
  int handlers;
};

const Row kRows[] = {
    {"program unmapped", [](BootImage& image) { image.table.program[0].constants = kHole; },
     "accelerator 0: the accelerator stopped the program at command 0: the memory answered with an error\n",
     "the memory answered with an error", 1},
    {"program misaligned", [](BootImage& image) { image.table.program[0].constants += 4; },
     "accelerator 0: a region's address is no multiple of 256\n", "none", 0},
    {"program truncated", [](BootImage& image) { image.table.program[0].constants_bytes /= 2; },
     "accelerator 0: the accelerator stopped the program at command 0: a command's field is out of range\n",
     "a command's field is out of range", 1},
    {"bad CRC of the header", [](BootImage& image) { constants_of(image)[12] ^= 1; },
     "accelerator 0: the accelerator stopped the program at command 0: bad CRC of the program header\n",
     "bad CRC of the program header", 1},
    {"bad CRC of a command",
     [](BootImage& image) { constants_of(image)[3 * sizeof(isa::CommandBytes) + 9] ^= 1; },
     "accelerator 0: the accelerator stopped the program at command 2: bad CRC of a command\n",
     "bad CRC of a command", 1},
    {"other configuration, seen by the driver",
     [](BootImage& image) { image.table.program[0].config_hash ^= 1; },
     "accelerator 0: the program was made for another accelerator configuration\n", "none", 0},
    {"other configuration, seen by the accelerator",
     [](BootImage& image) {
       isa::CommandBytes record;
       std::memcpy(record.data(), constants_of(image), record.size());
       isa::ProgramHeader header = isa::decode_header(record, image.table.program[0].config_hash).header;
       header.config_hash ^= 1;
       record = isa::encode(header);
       std::memcpy(constants_of(image), record.data(), record.size());
     },
     "accelerator 0: the accelerator stopped the program at command 0: program made for another accelerator "
     "configuration\n",
     "program made for another accelerator configuration", 1},
    {"DMA into a hole",
     [](BootImage& image) {
       boot_program& program = image.table.program[0];
       constexpr std::uint64_t kPage = 4096;
       // The inputs, which the processor copies, still lie in DRAM; what comes after them does not.
       const std::uint32_t inputs_end = program.input.offset +
                                        (image.table.batch - 1) * program.input.image_pitch +
                                        program.input.image_bytes;
       image.dram.resize(align_up(image.dram.size() + program.data_bytes, kPage) + kPage);
       program.data = PLATFORM_DRAM_BASE + image.dram.size() - align_up(inputs_end, isa::kRegionAlignment);
     },
     "accelerator 0: the accelerator stopped the program at command ", "the memory answered with an error",
     1},
};

std::string outcome_of(const Row& row) {
  const int exit_status = 3;
  return "exit " + std::to_string(exit_status) + ", fault " + row.fault + ", " +
         std::to_string(row.handlers) + " handlers, " + std::to_string(row.handlers) + " interrupts, ";
}

}  // namespace

TEST_CASE("a program that cannot run ends in its fault, one interrupt and one line of the firmware") {
  for (const Row& row : kRows) {
    for (const Level level : {Level::kTlm, Level::kRtl}) {
      CAPTURE(row.name, level);
      FirmwareSettings settings;
      settings.level = level;
      settings.spoil = row.spoil;
      const std::string found = run_firmware(settings);
      CHECK_THAT(found, Catch::StartsWith(row.message) && Catch::Contains("\n" + outcome_of(row)) &&
                            Catch::EndsWith("changed: nothing"));
    }
  }
}

TEST_CASE("an error of the memory in the middle of a layer is told with the command that met it") {
  for (const Level level : {Level::kTlm, Level::kRtl}) {
    CAPTURE(level);
    FirmwareSettings settings;
    settings.level = level;
    settings.boot.wait = BOOT_WAIT_POLL;
    settings.last_constant_is_bad = true;
    CHECK_THAT(run_firmware(settings),
               Catch::StartsWith("accelerator 0: the accelerator stopped the program at command ") &&
                   !Catch::Contains("at command 0:") &&
                   Catch::Contains("\nexit 3, fault the memory answered with an error, 0 handlers") &&
                   Catch::EndsWith("changed: nothing"));
  }
}

TEST_CASE("the driver gives up after its time-out, and says so") {
  for (const boot_wait wait : {BOOT_WAIT_POLL, BOOT_WAIT_INTERRUPT}) {
    CAPTURE(static_cast<int>(wait));
    FirmwareSettings settings;
    settings.boot.wait = wait;
    settings.boot.timeout_ticks = 1;
    CHECK_THAT(
        run_firmware(settings),
        Catch::StartsWith("accelerator 0: the accelerator did not end in time\nexit 3, fault none, ") &&
            Catch::EndsWith("changed: nothing"));
  }
}

TEST_CASE("started, reset or ended at the wrong moment, the accelerator then runs its images as ever") {
  struct Exercise {
    boot_exercise which;
    const char* told;
    const char* handlers;
  };
  const Exercise exercises[] = {
      {BOOT_EXERCISE_NONE, "", "1 handlers, 1 interrupts"},
      {BOOT_EXERCISE_START_BUSY, "start: ok\nstart while busy: a program runs\nend: ok\n",
       "1 handlers, 1 interrupts"},
      {BOOT_EXERCISE_RESET_BUSY, "start: ok\nreset while busy: ok\n", "1 handlers, 1 interrupts"},
      {BOOT_EXERCISE_MASKED, "start: ok\nend while masked: ok\nhandlers while masked 0, then 1\n",
       "2 handlers, 2 interrupts"},
  };
  for (const Exercise& exercise : exercises) {
    for (const Level level : {Level::kTlm, Level::kRtl}) {
      CAPTURE(static_cast<int>(exercise.which), level);
      FirmwareSettings settings;
      settings.level = level;
      settings.boot.exercise = exercise.which;
      const std::string found = run_firmware(settings);
      CHECK_THAT(found, Catch::StartsWith(std::string(exercise.told) + "image 0: predicted ") &&
                            Catch::Contains(std::string("\nexit 0, fault none, ") + exercise.handlers) &&
                            Catch::EndsWith(kAllRight));
    }
  }
}

TEST_CASE("two accelerators on one data region with the same images harm nothing outside it") {
  for (const Level level : {Level::kTlm, Level::kRtl}) {
    CAPTURE(level);
    FirmwareSettings settings;
    settings.level = level;
    settings.accelerators = 2;
    settings.spoil = [](BootImage& image) { image.table.program[1].data = image.table.program[0].data; };
    CHECK_THAT(run_firmware(settings), Catch::Contains("\nexit 0, fault none, 2 handlers, 2 interrupts, ") &&
                                           Catch::EndsWith(kAllRight));
  }
}
