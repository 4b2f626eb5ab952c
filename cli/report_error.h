// SystemC's reports among the errors of a program.
#pragma once

#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <systemc>

#include "cli/names.h"

namespace bitbalance::cli {

/// `work`, with a report of SystemC as the error it tells of: its message alone, also of another exception in
/// a process.
inline int with_reports_as_errors(const std::function<int()>& work) {
  try {
    return work();
  } catch (const sc_core::sc_report& report) {
    const std::string why = report.get_msg();
    if (why == std::bad_alloc().what()) throw std::bad_alloc();
    throw std::runtime_error(why);
  }
}

}  // namespace bitbalance::cli
