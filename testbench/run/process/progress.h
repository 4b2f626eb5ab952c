// A progress bar on stderr for work that takes seconds: redrawn in place on a terminal, a line now and then
// elsewhere.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/process/interruption.h"
#include "testbench/run/names.h"

namespace bitbalance::runner {

class Progress {
 public:
  explicit Progress(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Progress() {
    if (terminal_ && drawn_) std::fputs("\r\033[K", stderr);
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `share` of the work that is done, 0..1. Throws Interrupted.
  void update(double share) {
    throw_if_interrupted();
    const auto now = Clock::now();
    if (!begun_) {
      begun_ = true;
      start_ = last_ = now;
      first_share_ = share;
    }
    if (now - last_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000)))
      return;
    last_ = now;
    share = std::clamp(share, 0.0, 1.0);
    const double elapsed_s = std::chrono::duration<double>(now - start_).count();
    const double done = share - first_share_;
    const std::string left =
        done > 0.02 ? fmt::format(", {:.0f} s left", elapsed_s * (1 - share) / done) : std::string();
    if (terminal_) {
      constexpr int kWidth = 40;
      const int filled = static_cast<int>(share * kWidth);
      show(fmt::format("\r\033[K{:<10} [{:#<{}}{:.<{}}] {:3.0f} %{}", what_, "", filled, "", kWidth - filled,
                       100 * share, left));
      drawn_ = true;
    } else {
      show(fmt::format("{}: {:.0f} %{}\n", what_, 100 * share, left));
    }
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Whether anybody reads it or not.
  static void show(const std::string& text) {
    std::fputs(text.c_str(), stderr);
    std::fflush(stderr);
  }

  std::string what_;
  bool terminal_;
  bool drawn_ = false;
  bool begun_ = false;  ///< the estimate counts from the first update on
  double first_share_ = 0;
  Clock::time_point start_, last_;
};

}  // namespace bitbalance::runner
