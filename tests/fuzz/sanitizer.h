// Is this built with AddressSanitizer? GCC and Clang tell in different ways.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define BITBALANCE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BITBALANCE_ADDRESS_SANITIZER 1
#endif
#endif
