// One format of files from outside, as a fuzzer sees it: valid files to start from, ways to damage them that
// know the format, and the reader. fuzz_main.cpp damages and watches, libfuzzer_main.cpp does under
// libFuzzer.
#pragma once

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/support/names.h"

namespace bitbalance::fuzz {

using Random = std::mt19937_64;

class FuzzTarget {
 public:
  virtual ~FuzzTarget() = default;

  /// Files that read() accepts.
  virtual std::vector<std::string> seeds() = 0;
  /// Words and numbers that mean something in the format.
  virtual std::vector<std::string> words() const { return {}; }
  /// One damage that keeps the outer form, so that it reaches beyond the first check; none by default.
  virtual std::string damage(std::string bytes, Random& /*random*/) { return bytes; }

  /// Reads the bytes as the program does, and uses what was read as far as that is quick. A refusal is an
  /// std::invalid_argument of one line; anything else that goes wrong is a finding.
  virtual void read(const std::string& bytes) = 0;
};

/// Each fuzzer links one.
std::unique_ptr<FuzzTarget> make_target();

}  // namespace bitbalance::fuzz
