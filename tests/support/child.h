// Runs a function in a process of its own: SystemC elaborates once per process, a property needs many; others
// are to be killed.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <functional>
#include <string>

#include "tests/support/names.h"

namespace bitbalance::test {

/// The child that calls `body`: it ends with 0 after it, with 1, told on stderr, at an exception. Neither
/// runs this process's exit handlers.
pid_t forked(const std::function<void()>& body);

/// What `body` returned; or how the child ended, if it did not return. Call it before any SystemC object
/// exists.
std::string in_child(const std::function<std::string()>& body);

/// In a child: the limit of a resource. The process ends if it cannot be set.
void limit(__rlimit_resource_t resource, rlim_t value);
/// In a child: root has no limit of processes, so from now on the process is nobody's.
void become_nobody();

}  // namespace bitbalance::test
