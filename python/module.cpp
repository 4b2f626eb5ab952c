// What of the Python package is computed in its process: level `analytic`, and quantization of arrays. The
// rest of it, and what a user sees, is in bitbalance/__init__.py.
#include <fmt/format.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>

#include "base/version.h"
#include "python/names.h"
#include "quant/method/weights/weight_quantizer.h"
#include "testbench/report/action_record.h"
#include "testbench/report/summary_json.h"
#include "testbench/run/analytic.h"
#include "testbench/scenario/settings/settings_files.h"

namespace bitbalance::python {
namespace {

namespace py = pybind11;

/// summary.json of a run of the scenario at level `analytic`.
std::string summary_of(const std::string& file, const std::vector<std::string>& settings) {
  std::vector<SettingOverride> overrides;
  overrides.reserve(settings.size() + 1);
  for (const std::string& setting : settings)
    overrides.push_back({setting, setting.substr(0, setting.find('='))});
  overrides.push_back({"run.level=analytic", "level"});
  const py::gil_scoped_release others_run;
  RunReport report;
  report.program = {kVersion, revision()};
  report.scenario = load_scenario(file, overrides);
  run_analytic(prepare_timing_workload(report.scenario), report);
  if (report.scenario.technology && report.frames > 0)
    report.cost = cost_of(record_of(report), *report.scenario.technology);
  return to_json(report);
}

using Floats = py::array_t<float, py::array::c_style>;

/// `form`: place in token_forms. Weights as integers, of the same shape, and the scale of each filter.
std::pair<py::array_t<std::int16_t>, py::array_t<double>> quantize_filters(const Floats& weights,
                                                                           int weight_bits, int nnzb,
                                                                           int form, bool scale_search) {
  if (weights.ndim() == 0 || weights.size() == 0)
    throw std::invalid_argument("weights: no element; accepted: an array of one or more filters");
  const RepresentableSet set(weight_bits, nnzb, static_cast<TokenForm>(form));
  const float* const from = weights.data();
  if (!std::all_of(from, from + weights.size(), [](float weight) { return std::isfinite(weight); }))
    throw std::invalid_argument("weights: one is not finite; accepted: finite numbers");
  const auto filters = static_cast<std::size_t>(weights.shape(0));
  const std::size_t depth = static_cast<std::size_t>(weights.size()) / filters;
  py::array_t<std::int16_t> rounded(
      std::vector<py::ssize_t>(weights.shape(), weights.shape() + weights.ndim()));
  py::array_t<double> scales(weights.shape(0));
  std::int16_t* const to = rounded.mutable_data();
  double* const scale = scales.mutable_data();
  const py::gil_scoped_release others_run;
  for (std::size_t f = 0; f < filters; ++f) {
    const float* const filter = from + f * depth;
    const double absmax = absmax_scale(filter, depth, weight_bits);
    scale[f] = absmax > 0 && scale_search ? search_scale(filter, depth, set, absmax) : absmax;
    round_weights(filter, depth, set, scale[f], to + f * depth);
  }
  return {std::move(rounded), std::move(scales)};
}

}  // namespace
}  // namespace bitbalance::python

PYBIND11_MODULE(_module, module) {
  module.def("evaluate", &bitbalance::python::summary_of);
  module.attr("token_forms") = bitbalance::ir::token_form_names();
  module.def("quantize", &bitbalance::python::quantize_filters);
}
