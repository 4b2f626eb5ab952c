// What `bitbalance-platform` is told on its command line.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text/word_choice.h"
#include "cli/names.h"
#include "testbench/scenario/scenario.h"
#include "tlm/platform/boot_table.h"

namespace bitbalance::cli {

/// A word that an option may have, and what it stands for.
template <class Value>
struct Choice {
  const char* name;
  Value value;
};

inline constexpr Choice<Level> kLevels[] = {{"tlm", Level::kTlm}, {"rtl", Level::kRtl}};
inline constexpr Choice<boot_wait> kWaits[] = {{"interrupt", BOOT_WAIT_INTERRUPT}, {"poll", BOOT_WAIT_POLL}};
inline constexpr Choice<boot_exercise> kExercises[] = {{"start-busy", BOOT_EXERCISE_START_BUSY},
                                                       {"reset-busy", BOOT_EXERCISE_RESET_BUSY},
                                                       {"masked", BOOT_EXERCISE_MASKED}};

struct PlatformArguments {
  std::string scenario;               ///< empty: `program`
  std::string program;                ///< folder of a program on disk
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string images;                 ///< empty: not given
  std::string platform;               ///< file of its accelerators; empty: `accelerators` equal ones
  std::string level;                  ///< of kLevels, of those; empty: not given
  std::optional<int> accelerators;    ///< nothing: not given
  std::string wait = kWaits[0].name;
  std::string firmware = BITBALANCE_FIRMWARE;
  std::string uart, waves, transactions, initiator, target;  ///< empty: not given
  double quantum_ns = 10'000;
  bool no_dmi = false;
  double timeout_ms = 1000;
  std::uint32_t spin = 0;
  std::string exercise;    ///< of kExercises; empty: none
  std::optional<int> gdb;  ///< port; nothing: not given
};

/// A user's mistake in the value of an option.
[[noreturn]] inline void refuse(const char* option, const std::string& value, const std::string& accepted) {
  throw std::invalid_argument(std::string(option) + ": '" + value + "'; accepted: " + accepted);
}

template <class Value, std::size_t kCount>
std::vector<std::string> words_of(const Choice<Value> (&choices)[kCount]) {
  std::vector<std::string> words;
  for (const Choice<Value>& choice : choices) words.emplace_back(choice.name);
  return words;
}

/// The words, as help lists them.
template <class Value, std::size_t kCount>
std::string listed(const Choice<Value> (&choices)[kCount]) {
  return fmt::format("{}", fmt::join(words_of(choices), ", "));
}

/// Refuses what is none of the words.
template <class Value, std::size_t kCount>
Value value_of(const char* option, const std::string& name, const Choice<Value> (&choices)[kCount]) {
  return choices[place_of(name, words_of(choices), option)].value;
}

}  // namespace bitbalance::cli
