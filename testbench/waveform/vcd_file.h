// A waveform as the simulation kernel writes it at the end of every instant, to where every byte is checked:
// SystemC's own writer ignores a full disk. It also begins with the time of its first values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "base/file/deferred_sink.h"
#include "testbench/waveform/names.h"

namespace bitbalance::waveform {

/// Traces native integers, bool and double, in picoseconds.
class VcdFile : public sc_core::sc_trace_file {
 public:
  explicit VcdFile(std::unique_ptr<ByteSink> sink);
  ~VcdFile() override;
  VcdFile(const VcdFile&) = delete;
  VcdFile& operator=(const VcdFile&) = delete;

  /// Tells in the header what the values 0, 1... of a signal are called. Before the first instant.
  void name_values(const std::string& signal, const std::vector<std::string>& values);
  /// Called ahead of looking at the signals, at the end of every instant.
  void set_refresh(std::function<void()> refresh) { refresh_ = std::move(refresh); }
  /// Both throw std::runtime_error when any of it could not be written.
  void check() const { file_.check(); }
  /// With the values of now: the kernel leaves out an instant in which the simulation pauses.
  void close();

  void trace(const bool& value, const std::string& name) override { add(name, value, 1); }
  void trace(const unsigned char& value, const std::string& name, int width) override {
    add(name, value, width);
  }
  void trace(const unsigned short& value, const std::string& name, int width) override {
    add(name, value, width);
  }
  void trace(const unsigned int& value, const std::string& name, int width) override {
    add(name, value, width);
  }
  void trace(const unsigned long& value, const std::string& name, int width) override {
    add(name, value, width);
  }
  void trace(const char& value, const std::string& name, int width) override { add(name, value, width); }
  void trace(const short& value, const std::string& name, int width) override { add(name, value, width); }
  void trace(const int& value, const std::string& name, int width) override { add(name, value, width); }
  void trace(const long& value, const std::string& name, int width) override { add(name, value, width); }
  void trace(const sc_dt::int64& value, const std::string& name, int width) override {
    add(name, value, width);
  }
  void trace(const sc_dt::uint64& value, const std::string& name, int width) override {
    add(name, value, width);
  }

  void trace(const double& value, const std::string& name) override {
    add({name, &value, sizeof value, kRealWidth, true, 0, {}});
  }

  // No unit has registers of these types.
  void trace(const sc_core::sc_event&, const std::string& name) override { refuse(name); }
  void trace(const sc_core::sc_time&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_bit&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_logic&, const std::string& name) override { refuse(name); }
  void trace(const float&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_int_base&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_uint_base&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_signed&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_unsigned&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_fxval&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_fxval_fast&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_fxnum&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_fxnum_fast&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_bv_base&, const std::string& name) override { refuse(name); }
  void trace(const sc_dt::sc_lv_base&, const std::string& name) override { refuse(name); }
  void trace(const unsigned int&, const std::string& name, const char**) override { refuse(name); }
  void write_comment(const std::string&) override {}
  void set_time_unit(double, sc_core::sc_time_unit) override {}

 protected:
  void cycle(bool is_delta) override;

 private:
  static constexpr int kRealWidth = 64;
  struct Signal {
    std::string name;  ///< with dots
    const void* value = nullptr;
    std::size_t bytes = 0;
    int width = 0;           ///< bits
    bool is_real = false;    ///< a double
    std::uint64_t last = 0;  ///< as written; of a double its bits
    std::string id;          ///< in the file
  };

  template <class T>
  void add(const std::string& name, const T& value, int width) {
    add(Signal{name, &value, sizeof value, width, false, 0, {}});
  }
  void add(Signal signal);
  [[noreturn]] static void refuse(const std::string& name);
  void write_header();
  void write_value(const Signal& signal);
  void write_time(std::uint64_t time);

  DeferredSink file_;
  std::function<void()> refresh_;
  std::vector<Signal> signals_;
  std::string value_names_;  ///< of states, as comments
  std::string text_;         ///< of an instant
  std::uint64_t time_ = 0;   ///< last written, ps
  bool begun_ = false;
};

}  // namespace bitbalance::waveform
