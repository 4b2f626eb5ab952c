// File names made of other names: layers, scenarios, models; and where results go unless a user says so.
#pragma once

#include <string>
#include <string_view>

#include "testbench/report/names.h"

namespace bitbalance::report {

/// `name` where every usual file system takes it with a suffix: at most 120 bytes. Characters that Linux, FAT
/// or a shell treat specially become underscores, what is not UTF-8 too; whatever was changed or shortened
/// gets a fingerprint of the name at its end, so that two names have two files.
std::string file_name(std::string_view name);

/// In folder `results`: `name` as a file name.
std::string default_results(std::string_view name);

}  // namespace bitbalance::report
