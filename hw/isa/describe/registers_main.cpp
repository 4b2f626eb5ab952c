// bitbalance_registers: prints the table of registers, or of commands, in the form that the only argument
// names.
#include <fmt/format.h>

#include <cstdio>
#include <string>

#include "hw/isa/command/command_page.h"
#include "hw/isa/describe/descriptions.h"
#include "hw/isa/registers.h"

namespace {

// Where the platform of tlm/platform has accelerator 0: tlm/platform/memory_map.h.
constexpr std::uint64_t kPlatformBase = 0x10010000;
constexpr unsigned kPlatformInterrupt = 1;

struct Form {
  const char* option;
  std::string (*print)();
};
constexpr Form kForms[] = {
    {"--c", bitbalance::isa::registers_c_header},
    {"--markdown", bitbalance::isa::registers_markdown},
    {"--commands", bitbalance::isa::command_fields_markdown},
    {"--svd", [] { return bitbalance::isa::registers_svd(kPlatformBase, kPlatformInterrupt); }},
    {"--ipxact", bitbalance::isa::registers_ipxact},
    {"--device-tree", [] { return bitbalance::isa::device_tree_node(kPlatformBase, kPlatformInterrupt); }},
};

}  // namespace

int main(int argc, char* argv[]) {
  const std::string option = argc == 2 ? argv[1] : "";
  std::string accepted;
  for (const Form& form : kForms) {
    if (option == form.option) {
      fmt::print("{}", form.print());
      return 0;
    }
    accepted += std::string(accepted.empty() ? "" : " | ") + form.option;
  }
  fmt::print(stderr, "usage: bitbalance_registers {}\n", accepted);
  return 2;
}
