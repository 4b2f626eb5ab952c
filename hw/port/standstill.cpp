#include "hw/port/standstill.h"

#include <fmt/format.h>

namespace bitbalance::port {

void Standstill::not_completed(const Command& command, std::uint32_t index) {
  add(fmt::format("{} has not completed command {} of layer {}",
                  has_engine(command) ? to_string(engine_of(command)) : "controller", index,
                  command.header.layer));
}

void Standstill::not_started(const Command& command, std::uint32_t index, std::optional<Engine> missing) {
  add(fmt::format("{} waits for {}{} to start command {} of layer {}", to_string(engine_of(command)),
                  missing ? "a flag of " : "itself", missing ? to_string(*missing) : "", index,
                  command.header.layer));
}

void Standstill::not_dispatched(const Command& command, std::uint32_t index) {
  add(fmt::format("controller waits for {} to dispatch command {}",
                  has_engine(command) ? "room in a queue" : "all engines", index));
}

void Standstill::not_fetched() {
  add("controller waits for a command read");
}

void Standstill::unanswered(const std::string& bursts) {
  if (!bursts.empty()) add("memory has not answered: " + bursts);
}

void Standstill::add(const std::string& what) {
  text_ += (text_.empty() ? "" : "; ") + what;
}

std::string Standstill::text() const {
  return text_.empty() ? "nothing is under way" : text_;
}

}  // namespace bitbalance::port
