// An extension that a payload has for one call, though neither owns the other.
#pragma once

#include <tlm>

namespace bitbalance::port {

/// Taken back also when the call ends in an exception: a payload frees what it still has, and this one was
/// never allocated. Declared behind both.
template <class Extension>
class LentExtension {
 public:
  LentExtension(tlm::tlm_generic_payload& payload, Extension& extension)
      : payload_(payload), extension_(extension) {
    payload_.set_extension(&extension_);
  }
  ~LentExtension() { payload_.clear_extension(&extension_); }
  LentExtension(const LentExtension&) = delete;
  LentExtension& operator=(const LentExtension&) = delete;

 private:
  tlm::tlm_generic_payload& payload_;
  Extension& extension_;
};

}  // namespace bitbalance::port
