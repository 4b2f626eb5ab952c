// Warnings of SystemC that a test expects; any other one fails it, as an exception (tests/test_main.cpp).
#pragma once

#include <string>
#include <systemc>
#include <utility>
#include <vector>

namespace bitbalance::test {

/// From now on a warning fails the test.
inline void let_warnings_fail() {
  sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_DISPLAY | sc_core::SC_THROW);
}

/// While it lives, warnings whose text contains `part` are kept. One at a time.
class ExpectedWarnings {
 public:
  explicit ExpectedWarnings(std::string part = "") {
    part_ = std::move(part);
    texts_.clear();
    sc_core::sc_report_handler::set_handler(keep);
  }
  ~ExpectedWarnings() { sc_core::sc_report_handler::set_handler(nullptr); }
  ExpectedWarnings(const ExpectedWarnings&) = delete;
  ExpectedWarnings& operator=(const ExpectedWarnings&) = delete;

  const std::vector<std::string>& texts() const { return texts_; }
  /// Empty: there was none.
  std::string last() const { return texts_.empty() ? "" : texts_.back(); }

 private:
  // SystemC's handler is a plain function.
  static void keep(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
    const std::string text = report.get_msg();
    if (report.get_severity() == sc_core::SC_WARNING && text.find(part_) != std::string::npos) {
      texts_.push_back(text);
    } else {
      sc_core::sc_report_handler::default_handler(report, actions);
    }
  }

  static inline std::string part_;
  static inline std::vector<std::string> texts_;
};

}  // namespace bitbalance::test
