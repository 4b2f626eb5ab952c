// Under AddressSanitizer: where the main stack lies, told again after a simulation. SystemC 2.3.4 announces
// every switch between stacks to the sanitizer, but the main stack as one at address 0; an exception on it
// would then be taken for a write out of bounds.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define BITBALANCE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BITBALANCE_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef BITBALANCE_ADDRESS_SANITIZER
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

#include <cstddef>

#include "testbench/run/names.h"
#endif

namespace bitbalance::runner {

/// To be called on the main stack after `sc_start`. Does nothing without the sanitizer.
inline void tell_main_stack() {
#ifdef BITBALANCE_ADDRESS_SANITIZER
  pthread_attr_t attributes;
  void* bottom = nullptr;
  std::size_t size = 0;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &bottom, &size);
  pthread_attr_destroy(&attributes);
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, bottom, size);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
#endif
}

}  // namespace bitbalance::runner
