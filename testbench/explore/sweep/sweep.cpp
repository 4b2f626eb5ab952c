#include "testbench/explore/sweep/sweep.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <unordered_set>

#include "base/file/fingerprint.h"
#include "testbench/explore/sweep/search/sweep_front.h"
#include "testbench/explore/sweep/task/shared_counters.h"
#include "testbench/report/csv.h"
#include "testbench/run/process/process_pool.h"

namespace bitbalance::explore {
namespace {

/// A plain value ahead of a message, and the rest.
template <class Value>
std::string with(const Value& value, const std::string& rest = "") {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value) + rest;
}
template <class Value>
Value taken_from(std::string_view& message) {
  Value value;
  std::memcpy(&value, message.data(), sizeof value);
  message.remove_prefix(sizeof value);
  return value;
}

double share(std::uint64_t done, std::uint64_t all) {
  return static_cast<double>(done) / static_cast<double>(all);
}

/// What a worker that checks points tells of: a point, a wrong one, or a file that points were read from.
enum class Checked : char { kPoint, kWrong, kFile };
/// In place of a point.
constexpr std::uint64_t kIdle = ~std::uint64_t{0};
/// What became of a point in a worker.
enum class Worked : char { kResult, kLost };

/// First line of the table: the scenario, the keys that vary, the rest.
std::string csv_header(const SweepSettings& settings) {
  std::vector<std::string> columns = {"scenario"};
  if (!settings.objectives.empty()) columns.emplace_back("pareto");
  columns.insert(columns.end(), {"level", "network", "verdict", "message"});
  for (const Metric& metric : metrics()) columns.emplace_back(metric.name);
  std::string line = columns.front();
  for (const std::string& key : settings.keys) {
    const bool is_taken =
        std::count(columns.begin(), columns.end(), key) != 0;  // as `network`, a section, is
    line += "," + csv_text(is_taken ? "settings." + key : key);
  }
  return fmt::format("{},{}\n", line, fmt::join(columns.begin() + 1, columns.end(), ","));
}

using Group = std::vector<SweepPoint>;

/// Points that are not known, each key once, in groups with the same network.
std::vector<Group> unknown(const std::vector<SweepPoint>& points, Sweep::Keys known) {
  std::vector<Group> groups;
  std::map<std::uint64_t, std::size_t> group_of;
  for (const SweepPoint& point : points) {
    if (!known.insert(point.key.point).second) continue;
    const auto [group, is_new] = group_of.try_emplace(point.key.network, groups.size());
    if (is_new) groups.emplace_back();
    groups[group->second].push_back(point);
  }
  return groups;
}

}  // namespace

Sweep::Sweep(SweepSettings settings, const std::vector<SettingOverride>& overrides, std::string program)
    : settings_(std::move(settings)),
      overrides_(overrides),
      program_(std::move(program)),
      loader_(settings_, overrides_),
      keys_(program_),
      constraints_(settings_.constraints) {}

Sweep::CheckedPoint Sweep::check_point(std::uint64_t index) {
  const Scenario scenario = loader_.load(index);
  const EffectiveSettings settings = effective_settings(scenario);
  CheckedPoint checked;
  checked.is_excluded = !constraints_.hold_for(settings);
  checked.point = {index, checked.is_excluded ? PointKey() : keys_.key_of(scenario, settings)};
  for (const LayerMapping& mapping : scenario.mapping.layers)
    checked.layers = fingerprint(mapping.layer + "\n", checked.layers);
  return checked;
}

std::shared_ptr<const Evaluation> Sweep::evaluation_of(const SweepPoint& point) {
  return evaluations_.get(point.key.network,
                          [&] { return std::make_shared<const Evaluation>(loader_.load(point.index)); });
}

void Sweep::check_mapping(const SweepPoint& point) {
  std::shared_ptr<const Evaluation> evaluation;
  try {
    evaluation = evaluation_of(point);
  } catch (const std::invalid_argument&) {
    return;  // its points are refused
  }
  try {
    evaluation->check_mapping(loader_.load(point.index).mapping);
  } catch (const std::invalid_argument& error) {
    throw SettingsError(fmt::format("{}; at {}", error.what(), loader_.describe(point.index)));
  }
}

std::vector<SweepPoint> Sweep::check(std::uint64_t count,
                                     const std::function<std::uint64_t(std::uint64_t)>& index_of, int jobs,
                                     const std::function<void(std::uint64_t done)>& tick) {
  std::uint64_t first_wrong = ~std::uint64_t{0}, done = 0;
  std::string why;
  std::vector<SweepPoint> valid;
  std::map<std::pair<std::uint64_t, std::uint64_t>, SweepPoint> mapped;  // the first by network and layers
  // Each worker ends at its first wrong point, so that the first of all is among them.
  ProcessPool pool(jobs, [&](int worker, const ProcessPool::Send& send) {
    for (std::uint64_t i = worker; i < count; i += jobs) {
      const std::uint64_t index = index_of(i);
      try {
        send(with(Checked::kPoint, with(check_point(index))));
      } catch (const std::invalid_argument& error) {
        send(with(Checked::kWrong, with(index, error.what())));
        return;
      }
    }
    for (const std::filesystem::path& file : loader_.read()) send(with(Checked::kFile, file.string()));
  });
  pool.gather(
      [&](int, const std::string& message) {
        std::string_view rest = message;
        const auto checked = taken_from<Checked>(rest);
        if (checked == Checked::kFile) {
          read_by_workers_.emplace(rest);
          return;
        }
        ++done;
        if (checked == Checked::kPoint) {
          const auto [point, is_excluded, layers] = taken_from<CheckedPoint>(rest);
          if (is_excluded) {
            ++excluded_;
            return;
          }
          valid.push_back(point);
          if (layers == 0) return;
          SweepPoint& first = mapped.try_emplace({point.key.network, layers}, point).first->second;
          if (point.index < first.index) first = point;
          return;
        }
        const auto index = taken_from<std::uint64_t>(rest);
        if (index > first_wrong) return;
        first_wrong = index;
        why = rest;
      },
      [&] { tick(done); });
  if (!why.empty()) throw SettingsError(why);
  std::map<std::uint64_t, SweepPoint> in_order;
  for (const auto& [key, point] : mapped) in_order[point.index] = point;
  for (const auto& [index, point] : in_order) check_mapping(point);
  std::sort(valid.begin(), valid.end(),
            [](const SweepPoint& a, const SweepPoint& b) { return a.index < b.index; });
  return valid;
}

std::set<std::filesystem::path> Sweep::read() const {
  std::set<std::filesystem::path> files = read_by_workers_;
  files.insert(loader_.read().begin(), loader_.read().end());
  files.insert(settings_.scenarios.begin(), settings_.scenarios.end());
  return files;
}

void Sweep::check_points(int jobs, const Progress& progress) {
  const std::uint64_t all = loader_.space().points();
  points_ = check(
      all, [](std::uint64_t i) { return i; }, jobs,
      [&](std::uint64_t done) { progress("check", share(done, all)); });
  require_points(all);
}

void Sweep::require_points(std::uint64_t checked) const {
  if (!points_.empty()) return;
  throw SettingsError(fmt::format("{}: constraints: none of {} points fulfils them; accepted: one does",
                                  settings_.file.string(), checked));
}

std::vector<SweepPoint> Sweep::add_points(const std::vector<std::uint64_t>& indices, int jobs,
                                          const std::function<void()>& tick) {
  std::vector<std::uint64_t> ascending = indices;  // the first that is wrong is told
  std::sort(ascending.begin(), ascending.end());
  std::vector<SweepPoint> valid = check(
      ascending.size(), [&](std::uint64_t i) { return ascending[i]; }, jobs, [&](std::uint64_t) { tick(); });
  points_.insert(points_.end(), valid.begin(), valid.end());
  return valid;
}

void Sweep::take_points(const std::filesystem::path& list) {
  points_ = read_task(list);
  for (const SweepPoint& point : points_) {
    const bool is_there = point.index < loader_.space().points();
    const CheckedPoint now = is_there ? check_point(point.index) : CheckedPoint();
    if (!is_there || now.is_excluded || now.point.key.point != point.key.point) {
      throw SettingsError(
          fmt::format("{}: point {:x} is another now; accepted: the sweep, its files and the program "
                      "that the list was made with",
                      list.string(), point.index));
    }
  }
}

std::vector<std::vector<SweepPoint>> Sweep::missing(ResultStore& store) const {
  return unknown(points_, store.keys());
}

std::uint64_t Sweep::present(ResultStore& store) const {
  Keys left = store.keys();
  std::uint64_t count = 0;
  for (const SweepPoint& point : points_) count += left.erase(point.key.point);
  return count;
}

SweepOutcome Sweep::outcome(ResultStore& store, std::uint64_t found) const {
  SweepOutcome outcome;
  outcome.points = points_.size();
  outcome.excluded = excluded_;
  outcome.found = found;
  outcome.computed = present(store) - found;
  for (const std::vector<SweepPoint>& group : missing(store)) outcome.missing += group.size();
  for (const SweepPoint& point : points_) {
    const auto result = store.find(point.key.point);
    if (!result) continue;
    if (result->verdict == PointVerdict::kRefused) ++outcome.refused;
    if (result->verdict == PointVerdict::kFail) ++outcome.failed;
  }
  return outcome;
}

SweepOutcome Sweep::run(ResultStore& store, int jobs, const Progress& progress) {
  const std::uint64_t found = present(store);
  std::vector<std::string> lost = compute(points_, store.keys(), store, jobs, progress);
  SweepOutcome whole = outcome(store, found);
  whole.lost = std::move(lost);
  return whole;
}

std::vector<std::string> Sweep::compute(const std::vector<SweepPoint>& points, const Keys& known,
                                        ResultStore& store, int jobs, const Progress& progress) {
  const std::vector<Group> groups = unknown(points, known);
  std::uint64_t all = 0, before = 0;
  for (const Group& group : groups) all += group.size();
  std::vector<std::string> lost;
  for (const Group& group : groups) {
    const auto tick = [&](std::uint64_t done) { progress("sweep", share(before + done, all)); };
    tick(0);
    const std::vector<std::string> more = compute_group(group, store, jobs, tick);
    lost.insert(lost.end(), more.begin(), more.end());
    before += group.size();
  }
  return lost;
}

std::vector<std::string> Sweep::compute_group(const std::vector<SweepPoint>& todo, ResultStore& store,
                                              int jobs, const std::function<void(std::uint64_t done)>& tick) {
  const auto add = [&](const SweepPoint& point, const PointResult& result) {
    store.add(point.key.point, {program_, loader_.scenario_file(point.index), loader_.settings(point.index)},
              result);
  };
  std::shared_ptr<const Evaluation> evaluation;
  try {
    evaluation = evaluation_of(todo.front());
  } catch (const std::invalid_argument& why) {
    for (const SweepPoint& point : todo) add(point, refused(why.what(), scenario_of(point).run.level));
    store.commit();
    return {};
  }
  std::vector<bool> is_done(todo.size(), false);
  std::uint64_t done = 0;
  std::vector<std::string> lost;
  const auto finish = [&](std::uint64_t at) {
    is_done[at] = true;
    ++done;
  };
  const auto lose = [&](std::uint64_t at, const std::string& why) {
    finish(at);
    lost.push_back(fmt::format("{}: {}", loader_.describe(todo[at].index), why));
  };
  const auto receive = [&](int, const std::string& message) {
    std::string_view rest = message;
    const auto worked = taken_from<Worked>(rest);
    const auto at = taken_from<std::uint64_t>(rest);
    if (worked == Worked::kLost) return lose(at, std::string(rest));
    finish(at);
    add(todo[at], unpacked(rest));
  };
  for (bool again = true; again;) {
    std::vector<std::uint64_t> places;  // in `todo`
    for (std::uint64_t at = 0; at < todo.size(); ++at)
      if (!is_done[at]) places.push_back(at);
    const int workers = static_cast<int>(std::min<std::uint64_t>(jobs, places.size()));
    // The next place, and of each worker the one it works on.
    SharedCounters counters(static_cast<std::size_t>(workers) + 1);
    for (int worker = 0; worker < workers; ++worker) counters[worker + 1] = kIdle;
    again = false;
    try {
      ProcessPool pool(workers, [&](int worker, const ProcessPool::Send& send) {
        for (std::uint64_t i = counters[0]++; i < places.size(); i = counters[0]++) {
          const std::uint64_t at = places[i];
          counters[worker + 1] = at;
          try {
            const Scenario scenario = loader_.load(todo[at].index);
            send(with(Worked::kResult, with(at, packed(evaluation->evaluate(scenario)))));
          } catch (const std::exception& error) {
            send(with(Worked::kLost, with(at, error.what())));
          }
          counters[worker + 1] = kIdle;
        }
      });
      pool.gather(receive, [&] {
        store.commit();
        tick(done);
      });
    } catch (const WorkerFailure& failure) {
      const std::uint64_t at = counters[failure.worker + 1];
      if (at != kIdle) lose(at, failure.what());
      again = true;
    }
    store.commit();
  }
  return lost;
}

std::set<std::uint64_t> Sweep::front(ResultStore& store) const {
  std::map<std::size_t, std::vector<SweepPoint>> by_scenario;
  for (const SweepPoint& point : points_)
    by_scenario[loader_.space().point(point.index).scenario].push_back(point);
  std::set<std::uint64_t> front;
  for (const auto& [scenario, points] : by_scenario) front.merge(front_of(points, store, settings_));
  return front;
}

void Sweep::write_csv(ResultStore& store, const std::function<void(const std::string& line)>& write) const {
  write(csv_header(settings_));
  const std::set<std::uint64_t> front = this->front(store);
  for (const SweepPoint& point : points_) {
    const auto result = store.find(point.key.point);
    if (!result) continue;
    std::string line = csv_text(loader_.scenario_file(point.index));
    std::map<std::string, std::string> values;
    for (const Assignment* value : loader_.space().point(point.index).values)
      values[value->key] = value->value;
    for (const std::string& key : settings_.keys) line += "," + csv_text(values[key]);
    if (!settings_.objectives.empty()) line += front.count(point.key.point) != 0 ? ",1" : ",0";
    line += fmt::format(",{},{},{},{}", to_string(result->level), csv_text(result->network),
                        to_string(result->verdict), csv_text(result->message));
    for (const double figure : result->figures)
      line += std::isfinite(figure) ? fmt::format(",{}", figure) : ",";
    write(line + "\n");
  }
}

}  // namespace bitbalance::explore
