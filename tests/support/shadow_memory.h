// Whether a sanitizer keeps a shadow of all memory: limits and measures of memory say nothing of the program
// then.
#pragma once

#include "base/process/main_stack.h"

#if defined(__SANITIZE_THREAD__)
#define BITBALANCE_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BITBALANCE_THREAD_SANITIZER 1
#endif
#endif

#if defined(BITBALANCE_ADDRESS_SANITIZER) || defined(BITBALANCE_THREAD_SANITIZER)
#define BITBALANCE_SHADOW_MEMORY 1
#endif
