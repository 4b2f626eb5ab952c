#include "hw/isa/command/disassembly.h"

#include <fmt/format.h>

#include "hw/isa/command/command_fields.h"

namespace bitbalance::isa {
namespace {

std::string names_of(EngineMask engines) {
  std::string text;
  for (int e = 0; e < kEngines; ++e) {
    const auto engine = static_cast<Engine>(e);
    if ((engines & engine_bit(engine)) == 0) continue;
    text += (text.empty() ? "" : "+") + std::string(to_string(engine));
  }
  return text.empty() ? "-" : text;
}

}  // namespace

std::string disassembly(const Command& command) {
  std::string text = name_of(command);
  const auto add = [&text](const Field& field, const auto& value) {
    const auto number = static_cast<std::int64_t>(value);
    text +=
        fmt::format(" {}={}", field.name,
                    field.holds_engines ? names_of(static_cast<EngineMask>(number)) : std::to_string(number));
  };
  describe_header(command.header, add);
  std::visit([&](const auto& body) { CommandDescription<std::decay_t<decltype(body)>>::fields(body, add); },
             command.body);
  return text;
}

}  // namespace bitbalance::isa
