// A scenario run in a process of its own, and what must not depend on levels of detail: everything.
#pragma once

#include <string>
#include <vector>

#include "quant/eval/host_layer.h"
#include "testbench/golden/golden.h"
#include "testbench/run/output_check.h"
#include "testbench/run/simulation.h"
#include "tests/support/child.h"
#include "tests/support/names.h"

namespace bitbalance::test {

/// Name, cycles, activities, events and mismatches of every layer, a line each; what went wrong last.
inline std::string accounts(const RunReport& report) {
  std::string text;
  for (const LayerReport& layer : report.layers) {
    text += layer.name + ": " + std::to_string(layer.profile.cycles);
    for (const ActivityCycles& engine : layer.profile.activity)
      for (const std::int64_t cycles : engine) text += ' ' + std::to_string(cycles);
    for (int e = 0; e < kEvents; ++e)
      text += ' ' + std::to_string(layer.profile.events[static_cast<Event>(e)]);
    text += ", wrong: " + std::to_string(layer.comparison.mismatches) + '\n';
  }
  for (const std::string& disagreement : report.disagreements) text += disagreement + '\n';
  return text + (report.passed() ? "pass" : "fail " + report.fault);
}

/// A tensor of the golden model as real numbers; what the host makes is not quantized.
inline std::vector<float> real_values(const QuantizedNetwork& network, const std::vector<Plane>& planes,
                                      int tensor) {
  for (const QuantizedLayer& layer : network.layers) {
    if (!on_host(layer.op) || layer.output != tensor) continue;
    std::vector<const Plane*> inputs;
    for (const int source : host_sources(layer)) inputs.push_back(&planes[source]);
    return eval::host_layer_values(network, layer, inputs);
  }
  std::vector<float> values;
  for (const std::int32_t value : planes[tensor])
    values.push_back(static_cast<float>(value * network.tensors[tensor].scale));
  return values;
}

/// A line for every output whose values in the report are not those that the golden model has.
inline std::string wrong_outputs(const Scenario& scenario, const Workload& workload,
                                 const RunReport& report) {
  std::vector<std::vector<float>> expected(report.outputs.size());
  GoldenModel golden(workload.network, runner::golden_options(scenario));
  for (const Plane& image : workload.images) {
    const std::vector<Plane>& planes = golden.run(image);
    for (std::size_t o = 0; report.writes_outputs() && o < expected.size(); ++o) {
      const std::vector<float> values =
          real_values(workload.network, planes, workload.network.outputs[o].tensor);
      expected[o].insert(expected[o].end(), values.begin(), values.end());
    }
  }
  std::string text;
  for (std::size_t o = 0; o < expected.size(); ++o)
    if (report.outputs[o].values != expected[o]) text += "output " + report.outputs[o].name + " is wrong\n";
  return text;
}

/// `jobs`: see Simulation.
inline std::string accounts_of_run(const Scenario& scenario, const Workload& workload, int jobs = 0) {
  return in_child([&] {
    RunReport report;
    report.scenario = scenario;
    Simulation simulation(scenario, workload, jobs);
    simulation.run(report, [](const char* /*phase*/, double) {});
    return wrong_outputs(scenario, workload, report) + accounts(report);
  });
}

}  // namespace bitbalance::test
