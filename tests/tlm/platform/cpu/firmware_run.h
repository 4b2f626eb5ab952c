// The platform's firmware and a random program, with something spoilt before the first instruction.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "hw/isa/command/command.h"
#include "tests/support/names.h"
#include "tlm/adapter/any_accelerator.h"
#include "tlm/platform/boot_image.h"

namespace bitbalance::test {

struct FirmwareSettings {
  adapter::Level level = adapter::Level::kTlm;
  std::size_t accelerators = 1;
  platform::BootSettings boot;
  /// Changes what is in memory, the table included: it is stored afterwards.
  std::function<void(platform::BootImage&)> spoil = [](platform::BootImage&) {};
  /// The DRAM answers with an error where the last constants lie: weights or parameters, no commands.
  bool last_constant_is_bad = false;
};

struct FirmwareOutcome {
  std::string terminal;
  int exit_status = -1;          ///< -1: the firmware has not ended
  ProgramFault fault{};          ///< of accelerator 0: register ERROR
  std::uint32_t handlers = 0;    ///< how often the interrupt's handler ran
  std::uint64_t interrupts = 0;  ///< taken by the processor
  bool is_right = true;          ///< every prediction is the golden model's
  std::string changed;           ///< the first address of DRAM that changed and must not have; empty: none
};

/// One line: all of an outcome, the terminal first.
std::string text(const FirmwareOutcome& outcome);

/// Runs the firmware in a child; each accelerator has `images / accelerators` images to run, the same ones.
std::string run_firmware(const FirmwareSettings& settings);

}  // namespace bitbalance::test
