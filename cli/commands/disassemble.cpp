// `bitbalance disassemble`: what is in a program on disk.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/text/outside_text.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "hw/isa/command/command.h"
#include "hw/isa/command/disassembly.h"
#include "hw/isa/program/program.h"
#include "testbench/run/process/console.h"
#include "testbench/scenario/settings/settings.h"

namespace bitbalance::cli {
namespace {

/// A constants region, in a folder with its program.json or alone.
void disassemble_command(const std::string& file) {
  constexpr std::size_t kMost = std::size_t{1} << 32;
  const auto refuse = [&file](const std::string& what) {
    throw SettingsError(fmt::format("{}: {}; accepted: constants.bin of a program", file, what));
  };
  const auto image = read_bytes(file, kMost);
  if (!image) refuse(unreadable(file));
  const auto record = [&image](std::size_t index) {
    CommandBytes bytes{};
    std::copy_n(image->begin() + static_cast<std::ptrdiff_t>(index * kCommandBytes), kCommandBytes,
                bytes.begin());
    return bytes;
  };
  if (image->size() < kCommandBytes) refuse(fmt::format("{} bytes", image->size()));
  // Of whichever configuration: the hash is shown.
  DecodedHeader decoded = decode_header(record(0), 0);
  if (decoded.fault == ProgramFault::kWrongConfiguration)
    decoded = decode_header(record(0), decoded.header.config_hash);
  if (decoded.fault != ProgramFault::kNone) refuse(fmt::format("header: {}", to_string(decoded.fault)));
  const ProgramHeader& header = decoded.header;
  if ((std::uint64_t{header.commands} + 1) * kCommandBytes > image->size())
    refuse(fmt::format("{} bytes for {} commands", image->size(), header.commands));
  write_stdout(fmt::format("version {} config_hash {:#010x} commands {} constants_bytes {} data_bytes {}\n",
                           ProgramHeader::kVersion, header.config_hash, header.commands,
                           header.constants_bytes, header.data_bytes));
  for (std::uint32_t i = 0; i < header.commands; ++i) {
    const DecodedCommand command = decode(record(i + 1), i);
    if (command.fault != ProgramFault::kNone)
      refuse(fmt::format("command {}: {}", i, to_string(command.fault)));
    write_stdout(fmt::format("{:6} {}\n", i, disassembly(command.command)));
  }
}

}  // namespace

Subcommand add_disassemble_command(CLI::App& parent) {
  const auto file = std::make_shared<std::string>();
  CLI::App* const app = parent.add_subcommand("disassemble", "Print every command of a program on disk");
  app->add_option("file", *file, "constants.bin of a program")->required()->type_name("FILE");
  app->footer(R"(
Examples:
  bitbalance disassemble out/program/constants.bin

A line for each command: its index, its name, then every field as name=value.
Exit code: 0, 2 for a mistake in arguments or files, 3 if this machine refuses, both told in one line.)");
  return {app, [file] {
            disassemble_command(*file);
            return kExitPass;
          }};
}

}  // namespace bitbalance::cli
