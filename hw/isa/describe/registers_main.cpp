// bitbalance_registers: prints the table of registers, or of commands, in the form that the only argument
// names.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "hw/isa/command_page.h"
#include "hw/isa/registers.h"

int main(int argc, char* argv[]) {
  const std::string form = argc == 2 ? argv[1] : "";
  if (form == "--c") {
    fmt::print("{}", bitbalance::isa::registers_c_header());
  } else if (form == "--markdown") {
    fmt::print("{}", bitbalance::isa::registers_markdown());
  } else if (form == "--commands") {
    fmt::print("{}", bitbalance::isa::command_fields_markdown());
  } else {
    fmt::print(stderr, "usage: bitbalance_registers --c | --markdown | --commands\n");
    return 2;
  }
  return 0;
}
