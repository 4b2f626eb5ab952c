// Runs a function in a process of its own: SystemC elaborates once a process, a property needs many.
#pragma once

#include <functional>
#include <string>

namespace bitbalance::test {

/// What `body` returned; or how the child ended, if it did not return. Call it before any SystemC object
/// exists.
std::string in_child(const std::function<std::string()>& body);

}  // namespace bitbalance::test
