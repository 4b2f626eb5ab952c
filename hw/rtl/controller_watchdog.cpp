// The controller's watchdog: stops a program without progress, and says who waits for whom.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "hw/port/standstill.h"
#include "hw/rtl/controller.h"

namespace bitbalance::rtl {

void Controller::watch() {
  if (edge() < watchdog_edge()) return;
  fault_reason_ = what_waits();
  SC_REPORT_WARNING(name(),
                    fmt::format("no progress for {} cycles: {}", watchdog_cycles_, fault_reason_).c_str());
  state_ = State::kStopping;
  acted_ = true;
  fault_ = ProgramFault::kTimeout;
  fault_index_ = oldest_command();
  report_fault();  // at once: what hangs may hang forever
}

/// At which the program is stopped unless there is progress before: a command done, an answer, a vector
/// command under way, which waits for nobody, or a slot, which counts at the edge after it.
Edge Controller::watchdog_edge() const {
  if (watchdog_cycles_ <= 0 || fault_reported_) return kNever;
  if (!engines_[enum_index(Engine::kVector)].in_flight.empty()) return edge_after(edge(), watchdog_cycles_);
  const Edge last = std::max(
      {progress_, memory->last_response_before(edge()), compute_meter->last_busy_before(edge()) + 1});
  return edge_after(last, watchdog_cycles_);
}

std::uint32_t Controller::oldest_command() const {
  std::uint32_t index = fetched_.empty() ? received_ : fetched_.front().index;
  for (const EngineState& engine : engines_) {
    if (!engine.queue.empty()) index = std::min(index, engine.queue.front().index);
    if (!engine.in_flight.empty()) index = std::min(index, engine.in_flight.front().index);
  }
  return index;
}

std::string Controller::what_waits() const {
  Standstill standstill;
  for (const EngineState& engine : engines_) {
    if (!engine.in_flight.empty()) {
      const CommandRecord& record = engine.in_flight.front();
      standstill.not_completed(record.command, record.index);
    }
    if (!engine.queue.empty()) {
      const CommandRecord& record = engine.queue.front();
      standstill.not_started(record.command, record.index, engine.missing(record.command));
    }
  }
  if (!fetched_.empty()) standstill.not_dispatched(fetched_.front().command, fetched_.front().index);
  if (requested_ != received_ || header_requested_ != header_received_) standstill.not_fetched();
  standstill.unanswered(memory->pending());
  return standstill.text();
}

}  // namespace bitbalance::rtl
