#include "testbench/run/trace/timeline_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file/output_file.h"
#include "base/text/enum_index.h"
#include "base/text/json_text.h"
#include "base/text/word_choice.h"

namespace bitbalance::runner {
namespace {

constexpr std::size_t kTextBytes = 1 << 16;
constexpr int kEngineGroup = 1, kCommandGroup = 2, kTileGroup = 3, kBurstGroup = 4;  // one for each channel
constexpr int kSlotsRow = 0, kDrainRow = 1;

}  // namespace

TimelineDetail timeline_detail(const std::string& text, const std::string& where) {
  return static_cast<TimelineDetail>(place_of(text, {"engines", "commands", "tiles", "bursts"}, where));
}

TimelineFile::TimelineFile(const std::filesystem::path& file, TimelineDetail detail, int pe_stages)
    : file_(std::make_unique<OutputFile>(file)), detail_(detail), pe_stages_(pe_stages) {
  text_ = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"1 us\":\"1 cycle\"},\"traceEvents\":[";
  for (int e = 0; e < kEngines; ++e)
    name_track({kEngineGroup, e}, "engines", to_string(static_cast<Engine>(e)));
  for (int e = 0; e < kEngines && shows(TimelineDetail::kCommands); ++e)
    name_track({kCommandGroup, e}, "commands", to_string(static_cast<Engine>(e)));
  if (shows(TimelineDetail::kTiles)) {
    name_track({kTileGroup, kSlotsRow}, "tiles", "slots");
    name_track({kTileGroup, kDrainRow}, "tiles", "drain");
  }
}

void TimelineFile::close() {
  text_ += "\n]}\n";
  file_.write(text_);
  file_.close();
}

void TimelineFile::program_ended(Edge edge) {
  for (int e = 0; e < kEngines; ++e) write_span(static_cast<Engine>(e));
  cycles_ += edge - begin_;
  // Of a program that was stopped.
  array_.clear();
  for (auto& commands : commands_) commands.clear();
  tiles_.clear();
  for (Channel& channel : channels_) {
    channel.under_way.clear();
    std::fill(channel.free_at.begin(), channel.free_at.end(), Edge{0});
  }
}

void TimelineFile::array_did(Activity activity, Edge begin, Edge end) {
  array_.push_back({activity, begin, end});
}

void TimelineFile::engine_did(Engine engine, Activity activity, Edge begin, Edge end) {
  if (engine != Engine::kCompute || activity != Activity::kBusy) return extend(engine, activity, begin, end);
  while (begin < end) {
    const bool told = !array_.empty() && array_.front().begin < end;
    if (!told || array_.front().begin > begin) {
      const Edge to = told ? array_.front().begin : end;
      extend(engine, Activity::kFill, begin, to);
      begin = to;
      continue;
    }
    Span& span = array_.front();
    const Edge to = std::min(span.end, end);
    extend(engine, span.activity, begin, to);
    begin = span.begin = to;
    if (span.begin == span.end) array_.pop_front();
  }
}

void TimelineFile::extend(Engine engine, Activity activity, Edge begin, Edge end) {
  Span& span = spans_[enum_index(engine)];
  if (span.activity == activity && span.end == begin) {
    span.end = end;
    return;
  }
  write_span(engine);
  span = {activity, begin, end};
}

void TimelineFile::write_span(Engine engine) {
  Span& span = spans_[enum_index(engine)];
  if (span.begin < span.end)
    write({kEngineGroup, static_cast<int>(engine)}, to_string(span.activity), span.begin, span.end, "");
  span = {};
}

void TimelineFile::command_issued(Engine engine, const Command& /*command*/, Edge edge) {
  if (shows(TimelineDetail::kCommands)) commands_[enum_index(engine)].push_back({edge, edge});
}

void TimelineFile::compute_accepted(Edge edge) {
  if (shows(TimelineDetail::kCommands)) commands_[enum_index(Engine::kCompute)].back().accepted = edge;
}

/// Computes overlap, as one fills while another drains: a row shows them up to where the next is taken.
void TimelineFile::command_completed(Engine engine, const Command& command, Edge edge) {
  if (!shows(TimelineDetail::kCommands)) return;
  auto& commands = commands_[enum_index(engine)];
  const CommandSpan span = commands.front();
  commands.pop_front();
  const Edge end = engine == Engine::kCompute ? span.accepted : edge;
  write({kCommandGroup, static_cast<int>(engine)}, name_of(command), span.issued, end,
        fmt::format("\"layer\":{},\"completed\":{}", layer_text(command.header.layer),
                    cycles_ + edge - begin_));
}

void TimelineFile::tile_begins(int layer, std::uint32_t tile, Edge edge) {
  if (shows(TimelineDetail::kTiles)) tiles_.push_back({layer, tile, edge, edge});
}

void TimelineFile::tile_ends(int layer, std::uint32_t tile, Edge edge) {
  if (!shows(TimelineDetail::kTiles)) return;
  tiles_.back().last_slot = edge;
  write({kTileGroup, kSlotsRow}, fmt::format("tile {}", tile), tiles_.back().first_slot, edge + 1,
        fmt::format("\"layer\":{}", layer_text(layer)));
}

void TimelineFile::tile_drained(int layer, std::uint32_t tile, Edge edge) {
  if (!shows(TimelineDetail::kTiles)) return;
  // A tile that does not drain is told while the one before it may still do so.
  const auto drained = std::find_if(tiles_.begin(), tiles_.end(), [&](const TileSpan& span) {
    return span.layer == layer && span.tile == tile;
  });
  const Edge last_slot = drained->last_slot;
  tiles_.erase(drained);
  if (edge == last_slot) return;  // it did not drain
  write({kTileGroup, kDrainRow}, fmt::format("tile {}", tile), last_slot + pe_stages_, edge + 1,
        fmt::format("\"layer\":{}", layer_text(layer)));
}

void TimelineFile::burst_sent(MemoryChannel channel, std::uint64_t address, std::uint32_t bytes, Edge edge) {
  if (!shows(TimelineDetail::kBursts)) return;
  Channel& state = channels_[enum_index(channel)];
  const auto free =
      std::find_if(state.free_at.begin(), state.free_at.end(), [edge](Edge at) { return at <= edge; });
  const auto place = static_cast<std::size_t>(free - state.free_at.begin());
  if (free == state.free_at.end()) {
    state.free_at.push_back(kNever);
    name_track({kBurstGroup + static_cast<int>(channel), static_cast<int>(place)},
               fmt::format("DRAM {}", to_string(channel)), fmt::format("burst {}", place));
  }
  state.free_at[place] = kNever;
  state.under_way.push_back({address, bytes, edge, place});
}

void TimelineFile::burst_answered(MemoryChannel channel, Edge edge) {
  if (!shows(TimelineDetail::kBursts)) return;
  Channel& state = channels_[enum_index(channel)];
  const Burst burst = state.under_way.front();
  state.under_way.pop_front();
  state.free_at[burst.place] = edge;
  write({kBurstGroup + static_cast<int>(channel), static_cast<int>(burst.place)},
        fmt::format("{:#x}", burst.address), burst.sent, edge, fmt::format("\"bytes\":{}", burst.bytes));
}

std::string TimelineFile::layer_text(int layer) const {
  return json_text(layers_.at(static_cast<std::size_t>(layer)));
}

void TimelineFile::name_track(const Track& track, const std::string& group, const std::string& row) {
  const auto name = [&](const char* what, const std::string& value) {
    put(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"{}","args":{{"name":"{}"}}}})", track.group,
                    track.id(), what, value));
  };
  name("process_name", group);
  name("thread_name", row);
}

void TimelineFile::write(const Track& track, const std::string& name, Edge begin, Edge end,
                         const std::string& arguments) {
  std::string event = fmt::format(R"({{"ph":"X","pid":{},"tid":{},"name":"{}","ts":{},"dur":{})", track.group,
                                  track.id(), name, cycles_ + begin - begin_, end - begin);
  if (!arguments.empty()) event += ",\"args\":{" + arguments + "}";
  put(event + "}");
}

void TimelineFile::put(const std::string& event) {
  text_ += is_first_ ? "\n" : ",\n";
  is_first_ = false;
  text_ += event;
  if (text_.size() < kTextBytes) return;
  file_.write(text_);
  text_.clear();
}

}  // namespace bitbalance::runner
