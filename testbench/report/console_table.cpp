#include "testbench/report/console_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/quotient.h"
#include "base/text/outside_text.h"
#include "testbench/report/figure.h"

namespace bitbalance::report {
namespace {

/// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string rounded(double number) {
  return std::isfinite(number) ? grouped(std::llround(number)) : "-";
}

/// Three significant digits and a decimal prefix: "1.23 M".
std::string scaled(double number) {
  return std::isfinite(number) ? prefixed(number, 0, 4) : "- ";
}

/// "; synthetic weights and images": what must not be mistaken for a trained network's results.
std::string synthetic(const NetworkSettings& network) {
  if (!network.builtin.empty())
    return network.synthetic() ? "; synthetic weights and images" : "; synthetic weights";
  return network.synthetic() ? "; synthetic images" : "";
}

std::string memory_text(const Scenario& s) {
  if (s.memory.model == MemoryKind::kIdeal)
    return fmt::format("memory ideal {} B/cycle", to_string(s.memory.rate(s.accelerator.clock_hz)));
  return fmt::format("memory {} {}B/s", one_line(s.memory.dram.config.name),
                     scaled(s.memory.dram.config.peak_bytes_per_s()));
}

/// "tlm level", with the number of clocked layers and what separates the layers of a mixed run.
std::string level_text(const RunReport& report) {
  const Scenario& s = report.scenario;
  std::string text = fmt::format("{} level", to_string(s.run.level));
  if (s.run.mixed()) {
    const auto clocked = std::count_if(report.layers.begin(), report.layers.end(), [](const LayerReport& l) {
      return !l.on_host && l.level == Level::kRtl;
    });
    text += fmt::format(" with {} of {} layers at rtl", clocked, report.layers.size());
  }
  if (s.mapping.barrier == LayerBarrier::kLayer) text += ", each layer a program";
  return text;
}

std::string numbers(const Scenario& s) {
  if (!s.network.quantized.empty())
    return fmt::format("quantized before: {}", one_line(s.network.quantized.filename().string()));
  const QuantizationOptions& q = s.quantization.options;
  return fmt::format("activations {} bit, weights {} bit with at most {} non-zero", q.activation_bits,
                     q.weight_bits, q.nnzb);
}

std::string heading(const RunReport& report) {
  const Scenario& s = report.scenario;
  return fmt::format("{}, {}: {} images in batches of {}; {} x {} PEs, {}; {}; {}{}\n", one_line(s.name),
                     level_text(report), report.frames, s.network.batch, s.accelerator.rows,
                     s.accelerator.columns, to_string(s.accelerator.synchronization), numbers(s),
                     memory_text(s), synthetic(s.network));
}

std::string memory_summary(const RunReport& report) {
  constexpr const char* kForm = "{:.1f} %";
  return fmt::format(
      "memory    {}: {}B/s of {}B/s over all, {}B/s while busy; row hits {}, refresh {} of the "
      "time\n",
      one_line(report.scenario.memory.dram.config.name), scaled(report.memory_figure("bytes_per_s")),
      scaled(report.memory_figure("peak_bytes_per_s")), scaled(report.memory_figure("busy_bytes_per_s")),
      percent(report.memory_figure("row_hit_share"), kForm),
      percent(report.memory_figure("refresh_share"), kForm));
}

/// What the accelerator does not compute; long lists are in summary.json.
std::string host_share(const RunReport& report) {
  constexpr std::size_t kMostNames = 6;
  const std::vector<std::string> names = report.host_layers();
  if (names.empty()) return "";
  const std::string list = names.size() > kMostNames ? fmt::format("{} layers", names.size())
                                                     : fmt::format("{}", fmt::join(names, ", "));
  std::string text = fmt::format("on host   {}: no cycles and no energy counted", one_line(list));
  if (const std::int64_t macs = report.host_macs(); macs != 0) {
    text += fmt::format("; {} MACs, {:.2f} % of all", grouped(macs),
                        100 * static_cast<double>(macs) / static_cast<double>(report.macs()));
  }
  return text + "\n";
}

std::string accuracy_text(const Accuracy& a) {
  if (a.metric == AccuracyMetric::kTop1) {
    const std::string reference = a.reference ? fmt::format(", {:.2f} % float", 100 * *a.reference) : "";
    return fmt::format("{:.2f} % quantized{} (top-1 of {} images)\n", 100 * a.quantized, reference,
                       a.samples);
  }
  const std::string reference =
      a.reference ? fmt::format("; float {:.4f}, {}", *a.reference, a.exact_reference) : "";
  return fmt::format("character error rate {:.4f} and {} exact lines quantized{} (of {} lines)\n",
                     a.quantized, a.exact_quantized, reference, a.samples);
}

std::string verdict(const RunReport& report, bool color) {
  const char* green = color ? "\033[1;32m" : "";
  const char* red = color ? "\033[1;31m" : "";
  const char* plain = color ? "\033[0m" : "";
  if (report.passed() && !computes_data(report.scenario.run.level)) {
    return fmt::format(
        "{}PASS{}  all accounts close; no data was computed, nothing compared with the golden model\n", green,
        plain);
  }
  if (report.passed()) {
    const std::string compared =
        report.elements() == report.all_elements()
            ? fmt::format("all {} output elements equal", grouped(report.elements()))
            : fmt::format("{} of {} output elements compared (--golden full: all); they equal",
                          grouped(report.elements()), grouped(report.all_elements()));
    return fmt::format("{}PASS{}  {} the golden model's\n", green, plain, compared);
  }
  std::string text = fmt::format("{}FAIL{}  ", red, plain);
  if (!report.fault.empty()) text += one_line(report.fault) + "\n          ";
  if (computes_data(report.scenario.run.level)) {
    text += fmt::format("{} of {} output elements differ from the golden model's\n",
                        grouped(report.mismatches()), grouped(report.elements()));
  }
  for (const std::string& disagreement : report.disagreements)
    text += "          " + one_line(disagreement) + "\n";
  if (const auto open = report.open_accounts(); !open.empty()) {
    text += fmt::format("          busy cycles and stalls do not add up: {}\n",
                        one_line(fmt::format("{}", fmt::join(open, ", "))));
  }
  for (const LayerReport& layer : report.layers) {
    for (const Mismatch& mismatch : layer.comparison.first)
      text += "          " + one_line(describe(mismatch)) + "\n";
  }
  return text;
}

}  // namespace

std::string run_table(const RunReport& report, const std::string& folder, bool color) {
  std::size_t width = 5;
  for (const LayerReport& layer : report.layers) width = std::max(width, one_line(layer.name).size());
  const bool mixed = report.scenario.run.mixed();  // only then do the layers' levels differ
  const auto row = [&](const std::string& name, const std::string& op, const std::string& level,
                       const std::string& macs, const std::string& cycles, const std::string& utilization,
                       const std::string& bound, const std::string& dram_bytes,
                       const std::string& mismatches) {
    return fmt::format("{:<{}}  {:<12}{} {:>15} {:>13} {:>6}  {:<8} {:>13} {:>10}\n", name, width, op,
                       mixed ? fmt::format(" {:<5}", level) : "", macs, cycles, utilization, bound,
                       dram_bytes, mismatches);
  };

  std::string text = heading(report);
  text += "\n" + row("layer", "op", "level", "MACs", "cycles", "util", "bound", "DRAM bytes", "mismatches");
  std::int64_t dram_bytes = 0;
  for (const LayerReport& layer : report.layers) {
    text += row(one_line(layer.name), layer.op, layer.level_name(), grouped(layer.macs),
                grouped(layer.profile.cycles),
                layer.on_host ? "" : figure(100 * layer.utilization(report.scenario.accelerator), "{:.1f}%"),
                layer.bound(), grouped(layer.dram_bytes()), grouped(layer.comparison.mismatches));
    dram_bytes += layer.dram_bytes();
  }
  text += row("total", "", "", grouped(report.macs()), grouped(report.cycles()), "", "", grouped(dram_bytes),
              grouped(report.mismatches()));

  text += host_share(report);
  if (report.accuracy) text += "\naccuracy  " + accuracy_text(*report.accuracy);
  text += fmt::format("speed     {} frames/s at {}Hz, {} cycles per frame\n", rounded(report.frames_per_s()),
                      scaled(report.scenario.accelerator.clock_hz),
                      rounded(cycles_per_frame(report.cycles(), report.frames)));
  if (!report.memory.empty()) text += memory_summary(report);
  if (report.cost) text += cost_summary(*report.cost);
  const double seconds = report.host.simulate_s;
  text += fmt::format("host      {:.1f} s, of which {:.1f} s simulating: {}cycle/s, {}MAC/s, {}B\n",
                      report.host.wall_s, report.host.simulate_s,
                      scaled(quotient(static_cast<double>(report.cycles()), seconds)),
                      scaled(quotient(static_cast<double>(report.macs() - report.host_macs()), seconds)),
                      scaled(static_cast<double>(report.host.peak_rss_bytes)));
  text += "verdict   " + verdict(report, color);
  if (!folder.empty()) text += fmt::format("results   {}\n", one_line(folder));
  return text;
}

}  // namespace bitbalance::report
