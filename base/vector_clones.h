// Marks the few loops that dominate simulation time: the compiler emits them for several vector widths, and
// the program loader picks one for the machine at hand. Results do not depend on it.
#pragma once

// The sanitizers' run-time is not ready when the loader resolves the choice; other compilers and machines do
// without.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define BITBALANCE_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define BITBALANCE_VECTOR_CLONES
#endif
