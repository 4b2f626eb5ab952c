// Under AddressSanitizer: where the main stack lies, told again after a simulation. SystemC 2.3.4 announces
// every switch between stacks to the sanitizer, but the main stack as one at address 0, and nothing when a
// thread ends. An exception on the main stack would then be taken for a write out of bounds, and the search
// for leaks would read the stack of a thread that is gone.
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

#endif

namespace bitbalance {

#ifdef BITBALANCE_ADDRESS_SANITIZER
struct MainStack {
  void* bottom = nullptr;
  std::size_t bytes = 0;

  MainStack() {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &bottom, &bytes);
    pthread_attr_destroy(&attributes);
  }
};
#endif

/// To be called on the main stack: behind `sc_start`, and where a method of the simulation catches an
/// exception. Does nothing without the sanitizer.
inline void tell_main_stack() {
#ifdef BITBALANCE_ADDRESS_SANITIZER
  static const MainStack stack;
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, stack.bottom, stack.bytes);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
#endif
}

}  // namespace bitbalance
