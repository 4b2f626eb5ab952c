// A run as a timeline that Perfetto, chrome://tracing and speedscope open: Chrome's trace events as JSON,
// written while the run goes on. One cycle of the accelerator is one microsecond there, so that every figure
// is whole; the time between programs, which is the host's, is left out.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file/deferred_sink.h"
#include "hw/isa/account/execution_observer.h"
#include "testbench/run/names.h"

namespace bitbalance::runner {

/// Each with what stands before it.
enum class TimelineDetail : std::uint8_t { kEngines, kCommands, kTiles, kBursts };
/// By its word. Throws std::invalid_argument that begins with `where`.
TimelineDetail timeline_detail(const std::string& text, const std::string& where);

class TimelineFile : public ExecutionObserver {
 public:
  /// `pe_stages`: of the array. Throws as OutputFile does.
  TimelineFile(const std::filesystem::path& file, TimelineDetail detail, int pe_stages);
  /// Of the programs to come, by number.
  void name_layers(std::vector<std::string> names) { layers_ = std::move(names); }
  /// Both throw std::runtime_error when the file could not be written.
  void check() const { file_.check(); }
  void close();

  void program_started(Edge edge) override { begin_ = edge; }
  void program_ended(Edge edge) override;
  void engine_did(Engine engine, Activity activity, Edge begin, Edge end) override;
  void array_did(Activity activity, Edge begin, Edge end) override;
  void command_issued(Engine engine, const Command& command, Edge edge) override;
  void compute_accepted(Edge edge) override;
  void command_completed(Engine engine, const Command& command, Edge edge) override;
  void tile_begins(int layer, std::uint32_t tile, Edge edge) override;
  void tile_ends(int layer, std::uint32_t tile, Edge edge) override;
  void tile_drained(int layer, std::uint32_t tile, Edge edge) override;
  void burst_sent(MemoryChannel channel, std::uint64_t address, std::uint32_t bytes, Edge edge) override;
  void burst_answered(MemoryChannel channel, Edge edge) override;

 private:
  static constexpr int kGroupRows = 100;  ///< more than a group has
  struct Span {
    Activity activity = Activity::kNoCommand;
    Edge begin = 0, end = 0;
  };
  struct CommandSpan {
    Edge issued = 0, accepted = 0;
  };
  struct TileSpan {
    int layer = 0;
    std::uint32_t tile = 0;
    Edge first_slot = 0, last_slot = 0;
  };
  struct Burst {
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
    Edge sent = 0;
    std::size_t place = 0;
  };
  struct Channel {
    std::deque<Burst> under_way;
    std::vector<Edge> free_at;  ///< by place; kNever: taken. Bursts at one time have different places
  };
  /// A row of the timeline: a group of rows, and the row in it.
  struct Track {
    int group = 0;
    int row = 0;

    /// No other row's and no group's, nor 0: viewers take such a row for another.
    int id() const { return kGroupRows * group + row; }
  };

  bool shows(TimelineDetail detail) const { return detail <= detail_; }
  void extend(Engine engine, Activity activity, Edge begin, Edge end);
  void write_span(Engine engine);
  void name_track(const Track& track, const std::string& group, const std::string& row);
  /// `arguments`: what is told besides, members of a JSON object. speedscope adds up spans whose names and
  /// arguments are equal.
  void write(const Track& track, const std::string& name, Edge begin, Edge end, const std::string& arguments);
  void put(const std::string& event);
  std::string layer_text(int layer) const;

  DeferredSink file_;
  const TimelineDetail detail_;
  const int pe_stages_;
  std::vector<std::string> layers_;
  std::string text_;  ///< not yet in the file
  bool is_first_ = true;

  Edge begin_ = 0;           ///< of the program
  std::int64_t cycles_ = 0;  ///< of the programs before
  std::array<Span, kEngines> spans_{};
  std::deque<Span> array_;  ///< told ahead of the engine's span
  std::array<std::deque<CommandSpan>, kEngines> commands_;
  std::deque<TileSpan> tiles_;  ///< that have not drained
  std::array<Channel, kMemoryChannels> channels_;
};

}  // namespace bitbalance::runner
