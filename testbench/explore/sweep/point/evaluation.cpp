#include "testbench/explore/sweep/point/evaluation.h"

#include <cstring>
#include <stdexcept>

#include "testbench/report/action_record.h"
#include "testbench/run/analytic.h"
#include "testbench/run/process/process_pool.h"
#include "testbench/run/simulation.h"

namespace bitbalance::explore {
namespace {

PointResult costed(RunReport& report) {
  if (report.scenario.technology && report.frames > 0)
    report.cost = cost_of(record_of(report), *report.scenario.technology);
  return result_of(report);
}

}  // namespace

Evaluation::Evaluation(const Scenario& scenario) : of_synthetic_(scenario.network.synthetic()) {
  if (computes_data(scenario.run.level)) {
    workload_ = prepare_workload(scenario, [](double) {});
    return;
  }
  TimingWorkload timing = prepare_timing_workload(scenario);
  workload_.network = std::move(timing.network);
  images_ = timing.images;
  mapper_ = std::make_unique<Mapper>(workload_.network);
}

PointResult Evaluation::evaluate(const Scenario& scenario) const {
  return computes_data(scenario.run.level) ? simulate_apart(scenario) : analyze(scenario);
}

PointResult Evaluation::analyze(const Scenario& scenario) const {
  try {
    RunReport report;
    report.scenario = scenario;
    run_analytic(*mapper_, of_synthetic_ ? synthetic_count(scenario.network) : images_, report);
    return costed(report);
  } catch (const std::invalid_argument& why) {
    return refused(why.what(), scenario.run.level);
  }
}

PointResult Evaluation::simulate_apart(const Scenario& scenario) const {
  std::string answer;
  ProcessPool process(1, [&](int, const ProcessPool::Send& send) {
    PointResult result;
    try {
      RunReport report;
      report.scenario = scenario;
      Simulation simulation(report.scenario, workload_);
      simulation.run(report, [](const char*, double) {});
      report.accuracy = workload_.task.judge(simulation.decisions(), workload_.float_decisions);
      result = costed(report);
    } catch (const std::invalid_argument& why) {
      result = refused(why.what(), scenario.run.level);
    }
    send(packed(result));
  });
  process.gather([&](int, const std::string& message) { answer = message; }, [] {});
  return unpacked(answer);
}

std::string packed(const PointResult& result) {
  std::string bytes = {static_cast<char>(result.verdict), static_cast<char>(result.level)};
  bytes.append(reinterpret_cast<const char*>(result.figures.data()), sizeof result.figures);
  return bytes + result.network + '\0' + result.message;
}

PointResult unpacked(std::string_view bytes) {
  PointResult result;
  result.verdict = static_cast<PointVerdict>(bytes.front());
  result.level = static_cast<Level>(bytes[1]);
  bytes.remove_prefix(2);
  std::memcpy(result.figures.data(), bytes.data(), sizeof result.figures);
  bytes.remove_prefix(sizeof result.figures);
  const std::size_t end = bytes.find('\0');
  result.network = bytes.substr(0, end);
  result.message = bytes.substr(end + 1);
  return result;
}

}  // namespace bitbalance::explore
