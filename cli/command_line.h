// The command line as every program of this project reads it: CLI11 declares options and prints help, but
// what it would take in silence (empty values, another option in place of a value, lists in brackets) or tell
// in words of its own is refused before it reads.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/names.h"

namespace bitbalance::cli {

/// An option that may be repeated, or an argument that takes all that are given; each value as it was typed.
CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& texts,
                       const std::string& meaning);

/// Checks of a number's text (CLI11 itself would read 010 as 8 and "0x1p3" as a number).
const CLI::Validator& whole_number_check();
const CLI::Validator& real_number_check();

inline constexpr int kMostJobs = 256;  ///< processes of `--jobs`

/// The value of an option, 1 to `most`. Throws std::invalid_argument for any other.
int number_of(const char* option, const std::string& text, int most);

/// Checks the arguments against what `app` declares and reads them. Throws CLI::Success where help or the
/// version is asked for, std::invalid_argument for a user's mistake.
void read_command_line(CLI::App& app, int argc, char* argv[]);

}  // namespace bitbalance::cli
