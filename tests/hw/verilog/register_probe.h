// The registers that a clocked unit offers to waveforms, by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <systemc>

#include "hw/rtl/clock/clocked.h"
#include "hw/rtl/signal_list.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

class RegisterProbe : public sc_core::sc_trace_file {
 public:
  explicit RegisterProbe(const Clocked& unit) {
    SignalList signals(unit.name());
    unit.describe(signals);
    for (const SignalList::Signal& signal : signals.signals()) signal.trace(this);
  }

  /// Name within the unit, "row3.token". Its bits, zero-extended. Throws std::out_of_range: there is none.
  std::uint64_t operator[](const std::string& name) const {
    const Register& found = registers_.at(name);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < found.bytes; ++i)
      value |= std::uint64_t{static_cast<const std::uint8_t*>(found.at)[i]} << 8 * i;
    return value;
  }

  void trace(const bool& value, const std::string& name) override { add(value, name); }
  void trace(const unsigned char& value, const std::string& name, int /*width*/) override {
    add(value, name);
  }
  void trace(const unsigned short& value, const std::string& name, int /*width*/) override {
    add(value, name);
  }
  void trace(const unsigned int& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const unsigned long& value, const std::string& name, int /*width*/) override {
    add(value, name);
  }
  void trace(const char& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const short& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const int& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const long& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const sc_dt::int64& value, const std::string& name, int /*width*/) override { add(value, name); }
  void trace(const sc_dt::uint64& value, const std::string& name, int /*width*/) override {
    add(value, name);
  }

  // No unit has registers of these types.
  void trace(const sc_core::sc_event&, const std::string&) override {}
  void trace(const sc_core::sc_time&, const std::string&) override {}
  void trace(const sc_dt::sc_bit&, const std::string&) override {}
  void trace(const sc_dt::sc_logic&, const std::string&) override {}
  void trace(const float&, const std::string&) override {}
  void trace(const double&, const std::string&) override {}
  void trace(const sc_dt::sc_int_base&, const std::string&) override {}
  void trace(const sc_dt::sc_uint_base&, const std::string&) override {}
  void trace(const sc_dt::sc_signed&, const std::string&) override {}
  void trace(const sc_dt::sc_unsigned&, const std::string&) override {}
  void trace(const sc_dt::sc_fxval&, const std::string&) override {}
  void trace(const sc_dt::sc_fxval_fast&, const std::string&) override {}
  void trace(const sc_dt::sc_fxnum&, const std::string&) override {}
  void trace(const sc_dt::sc_fxnum_fast&, const std::string&) override {}
  void trace(const sc_dt::sc_bv_base&, const std::string&) override {}
  void trace(const sc_dt::sc_lv_base&, const std::string&) override {}
  void trace(const unsigned int&, const std::string&, const char**) override {}
  void write_comment(const std::string&) override {}
  void set_time_unit(double, sc_core::sc_time_unit) override {}

 protected:
  void cycle(bool /*is_delta*/) override {}

 private:
  struct Register {
    const void* at = nullptr;
    std::size_t bytes = 0;
  };

  template <class T>
  void add(const T& value, const std::string& name) {
    registers_[name] = {&value, sizeof value};
  }

  std::map<std::string, Register> registers_;
};

}  // namespace bitbalance::rtl::test
