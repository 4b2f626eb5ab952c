#include "testbench/run/clocked_layers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <numeric>
#include <type_traits>

#include "base/process/peak_memory.h"
#include "testbench/golden/compare.h"
#include "testbench/run/process/process_pool.h"

namespace bitbalance::runner {

/// A layer to run: the first of its program; others are the host's.
struct ClockedLayers::Task {
  const LoadedProgram* loaded = nullptr;
  std::int64_t cycles = 0;  ///< that it will take

  const ProgramLayer& layer() const { return loaded->program().layers.front(); }
  std::size_t index() const { return static_cast<std::size_t>(loaded->program().first_layer); }
};

struct ClockedLayers::Message {
  enum class Kind { kStarted, kRunning, kDone };
  Kind kind = Kind::kStarted;
  std::size_t layer = 0;
  std::int64_t cycles = 0;  ///< simulated up to now
  // When done.
  LayerProfile profile;
  std::int64_t peak_rss_bytes = 0;  ///< of the worker, up to now
  EventCounts header;               ///< fetching the program's header, which counts with layer 0
  std::int64_t differs = 0;         ///< elements of the output
  std::array<char, 400> first_difference{};
  std::array<char, 400> fault{};
};

namespace {

template <std::size_t Size>
void copy(const std::string& text, std::array<char, Size>& to) {
  std::copy_n(text.begin(), std::min(text.size(), Size - 1), to.begin());
}

/// "layer conv1: 12 cycles at rtl, 13 at tlm"; empty when all accounts are equal.
std::string difference(const std::string& layer, const LayerProfile& rtl, const LayerProfile& tlm) {
  if (rtl.cycles != tlm.cycles)
    return fmt::format("layer {}: {} cycles at rtl, {} at tlm", layer, rtl.cycles, tlm.cycles);
  if (rtl.activity != tlm.activity)
    return fmt::format("layer {}: rtl and tlm differ in what an engine does when", layer);
  if (!(rtl.events == tlm.events)) return fmt::format("layer {}: rtl and tlm differ in their events", layer);
  return {};
}

}  // namespace

std::vector<std::vector<ClockedLayers::Task>> ClockedLayers::share_out(
    const Segments& segments, const std::vector<LayerProfile>& expected) const {
  std::vector<Task> tasks;
  for (const LoadedProgram& loaded : segments) {
    Task task{&loaded, 0};
    if (task.layer().on_host) continue;
    task.cycles = expected[task.index()].cycles;
    tasks.push_back(task);
  }
  // The longest first, each to whom has least to do.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& a, const Task& b) { return a.cycles > b.cycles; });
  std::vector<std::vector<Task>> shares(std::min(static_cast<std::size_t>(jobs_), tasks.size()));
  std::vector<std::int64_t> load(shares.size());
  for (const Task& task : tasks) {
    const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    shares[least].push_back(task);
    load[least] += task.cycles;
  }
  return shares;
}

ClockedLayers::Message ClockedLayers::run_layer(const Task& task,
                                                const std::function<void(const Message&)>& send) {
  const Program& program = task.loaded->program();
  const int output = task.layer().output;
  std::vector<Plane> expected;
  for (int i = 0; i < program.batch; ++i) {
    expected.push_back(data_.read(program, output, i));
    data_.poison(program, output, i);
  }
  Message message;
  message.layer = task.index();
  send(message);
  system_.clear_profile();
  const double begin = system_.cycles();
  auto last = std::chrono::steady_clock::now();
  message.kind = Message::Kind::kRunning;
  const std::string fault = system_.run(Level::kRtl, programs_.regions(*task.loaded), [&] {
    message.cycles = static_cast<std::int64_t>(system_.cycles() - begin);
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::milliseconds(100)) return;
    last = now;
    send(message);
  });
  message.kind = Message::Kind::kDone;
  message.peak_rss_bytes = peak_rss_bytes();
  copy(fault, message.fault);
  const std::vector<LayerProfile> profile = system_.profile();
  if (profile.size() > message.layer) message.profile = profile[message.layer];
  if (message.layer != 0) message.header = profile.front().events;
  Comparison comparison;
  for (int i = 0; i < program.batch; ++i) {
    compare(task.layer().name, network_.tensors[output], i, expected[i], data_.read(program, output, i),
            comparison);
  }
  message.differs = comparison.mismatches;
  if (!comparison.first.empty()) copy(describe(comparison.first.front()), message.first_difference);
  return message;
}

ClockedLayers::Result ClockedLayers::run(const Segments& segments, const std::vector<LayerProfile>& expected,
                                         const std::function<void(double)>& progress) {
  static_assert(std::is_trivially_copyable_v<Message>);
  const auto shares = share_out(segments, expected);
  ProcessPool pool(static_cast<int>(shares.size()), [&](int worker, const ProcessPool::Send& send_bytes) {
    const auto send = [&](const Message& message) {
      send_bytes({reinterpret_cast<const char*>(&message), sizeof message});
    };
    for (const Task& task : shares[worker]) send(run_layer(task, send));
  });

  std::vector<Message> done(expected.size());
  std::vector<Message> last(shares.size());  // of each worker
  std::vector<std::int64_t> finished(shares.size());
  const double all =
      std::accumulate(expected.begin(), expected.end(), 0.0,
                      [](double sum, const LayerProfile& p) { return sum + static_cast<double>(p.cycles); });
  const auto receive = [&](int from, const std::string& bytes) {
    const auto worker = static_cast<std::size_t>(from);
    std::memcpy(&last[worker], bytes.data(), sizeof(Message));
    Message& message = last[worker];
    if (message.kind != Message::Kind::kDone) return;
    done[message.layer] = message;
    finished[worker] += expected[message.layer].cycles;
    message.cycles = 0;
  };
  const auto tick = [&] {
    std::int64_t cycles = 0;
    for (std::size_t i = 0; i < last.size(); ++i) cycles += finished[i] + last[i].cycles;
    progress(std::min(1.0, static_cast<double>(cycles) / std::max(1.0, all)));
  };
  const auto name_of = [&](std::size_t layer) {
    const auto found = std::find_if(segments.begin(), segments.end(), [&](const LoadedProgram& l) {
      return static_cast<std::size_t>(l.program().first_layer) == layer;
    });
    return found->program().layers.front().name;
  };
  try {
    pool.gather(receive, tick);
  } catch (const WorkerFailure& failure) {
    throw std::runtime_error(fmt::format("worker {} of {}, at layer {}: {}", failure.worker + 1,
                                         shares.size(), name_of(last[failure.worker].layer), failure.what()));
  }

  Result result;
  result.profile.resize(expected.size());
  for (const LoadedProgram& loaded : segments) {
    const Task task{&loaded, 0};
    if (task.layer().on_host) continue;
    const Message& message = done[task.index()];
    const std::string& name = task.layer().name;
    result.profile[task.index()] += message.profile;
    result.profile.front().events += message.header;
    result.peak_rss_bytes = std::max(result.peak_rss_bytes, message.peak_rss_bytes);
    if (message.fault.front() != '\0' && result.fault.empty())
      result.fault = fmt::format("layer {}: {}", name, message.fault.data());
    if (message.differs > 0) {
      result.disagreements.push_back(
          fmt::format("{} output elements of layer {} differ between rtl and tlm; {}", message.differs, name,
                      message.first_difference.data()));
    }
  }
  for (const LoadedProgram& loaded : segments) {
    const Task task{&loaded, 0};
    if (task.layer().on_host) continue;
    std::string text = difference(task.layer().name, result.profile[task.index()], expected[task.index()]);
    if (!text.empty()) result.disagreements.push_back(std::move(text));
  }
  return result;
}

}  // namespace bitbalance::runner
