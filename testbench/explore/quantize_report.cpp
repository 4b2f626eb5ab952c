#include "testbench/explore/quantize_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text/outside_text.h"
#include "quant/method/weights/weight_metrics.h"
#include "testbench/report/csv.h"
#include "testbench/report/figure.h"

namespace bitbalance::explore {
namespace {

/// One convolution under one token form, or all of them.
struct Row {
  StoredWeights weights;
  double cycles = 0;
};

Row row_of(const FormReport& form, std::size_t l) {
  return {form.stored[l], form.prediction.cycles[l]};
}

Row total_of(const FormReport& form) {
  Row total;
  total.cycles = form.prediction.total_cycles();  // of poolings and sums, too
  for (const StoredWeights& layer : form.stored) {
    total.weights.count += layer.count;
    total.weights.dense_bytes += layer.dense_bytes;
    total.weights.token_bytes += layer.token_bytes;
    total.weights.bound_bytes += layer.bound_bytes;
  }
  return total;
}

/// Of the network's output; none without noise, or without a signal.
std::optional<double> output_sqnr_db(const FormReport& form) {
  for (std::size_t l = 0; l < form.network.layers.size(); ++l) {
    const double sqnr = form.output_sqnr_db[l];
    if (form.network.layers[l].output == form.network.output && std::isfinite(sqnr)) return sqnr;
  }
  return {};
}

std::string pair(const std::string& binary, const std::string& signed_digit) {
  return fmt::format("{:>9} {:>9}", binary, signed_digit);
}
/// SQNR: none without noise, or without a signal.
std::string decibels(double binary, double signed_digit) {
  return pair(figure(binary, "{:.1f}"), figure(signed_digit, "{:.1f}"));
}
std::string pair(double binary, double signed_digit) {
  return pair(fmt::format("{:.0f}", binary), fmt::format("{:.0f}", signed_digit));
}

std::string sizes(const Row& binary, const Row& signed_digit) {
  return fmt::format("{:>9.0f}  {}  {}  {}", binary.weights.dense_bytes,
                     pair(binary.weights.token_bytes, signed_digit.weights.token_bytes),
                     pair(binary.weights.bound_bytes, signed_digit.weights.bound_bytes),
                     pair(binary.cycles, signed_digit.cycles));
}

/// Whose scales activations have, where they are not those of the images alone.
std::string ranges_of_file(const QuantizeReport& report) {
  if (report.ranges_from_file == 0) return "";
  return fmt::format("; ranges of {} activations are the file's", report.ranges_from_file);
}

std::string method_of(const QuantizationSettings& settings) {
  const QuantizationOptions& o = settings.options;
  std::string text = to_string(o.method);
  if (o.scale_search) text += ", scale search";
  if (o.uses_samples()) text += o.sequential ? ", sequential" : ", each layer for itself";
  if (o.bias_correction) text += ", bias correction";
  if (settings.clipping == Clipping::kError) text += ", clipping by error";
  return text;
}

bool reads_text(const Accuracy& accuracy) {
  return accuracy.metric == AccuracyMetric::kCharacterErrorRate;
}

std::string accuracy_text(const Accuracy& binary, const Accuracy& digits) {
  const double reference = binary.reference.value();
  if (!reads_text(binary)) {
    constexpr const char* kForm = "{:.2f} %";
    return fmt::format("\naccuracy  {} binary, {} signed digit, {} float (top-1 of {} images)\n",
                       percent(binary.quantized, kForm), percent(digits.quantized, kForm),
                       percent(reference, kForm), binary.samples);
  }
  return fmt::format(
      "\naccuracy  character error rate {:.4f} binary, {:.4f} signed digit, {:.4f} float; exact lines {}, "
      "{}, "
      "{} (of {})\n",
      binary.quantized, digits.quantized, reference, binary.exact_quantized, digits.exact_quantized,
      binary.exact_reference, binary.samples);
}

std::string enlarged_text(const std::vector<std::string>& names) {
  const std::string others = names.size() == 1 ? "" : fmt::format(" and {} more", names.size() - 1);
  return fmt::format(
      "\nenlarged  errors of layer '{}'{}, by the host, where results are small; quantization."
      "equalize_channels=true may help\n",
      one_line(names.front()), others);
}

}  // namespace

StoredWeights stored_weights(const QuantizedLayer& layer) {
  constexpr double kBitsPerByte = 8;
  const auto count = static_cast<double>(layer.weights.size());
  return {count, stored_bytes(layer, WeightStorage::kDense), stored_bytes(layer, WeightStorage::kTokens),
          count * enumerative_bits(layer.weight_bits, layer.nnzb, layer.token_form) / kBitsPerByte};
}

std::string quantize_table(const QuantizeReport& report) {
  const FormReport& binary = report.form(TokenForm::kBinary);
  const FormReport& digits = report.form(TokenForm::kSignedDigit);
  const QuantizationOptions& options = report.scenario.quantization.options;
  std::size_t width = 5;
  for (const QuantizedLayer& layer : binary.network.layers)
    width = std::max(width, one_line(layer.name).size());

  std::string text = fmt::format(
      "{}: weights {} bit with at most {} non-zero{}, activations {} bit; {}; {} {}calibration images{}\n\n",
      one_line(binary.network.name), options.weight_bits, options.nnzb,
      options.overrides.empty() ? "" : " or as the layer says", options.activation_bits,
      method_of(report.scenario.quantization), report.calibration_images,
      report.synthetic_calibration ? "synthetic " : "", ranges_of_file(report));
  text += fmt::format("{:<{}} {:>9} {:>4} {:>4}  {:>19}  {:>19}  {:>9}  {:>19}  {:>19}  {:>19}\n", "", width,
                      "", "", "", "weights, SQNR dB", "output, SQNR dB", "dense", "tokens, bytes",
                      "bound, bytes", "cycles per frame");
  const std::string forms = fmt::format("{:>9} {:>9}", "binary", "signed");
  text += fmt::format("{:<{}} {:>9} {:>4} {:>4}  {}  {}  {:>9}  {}  {}  {}\n", "layer", width, "weights",
                      "bits", "nnzb", forms, forms, "bytes", forms, forms, forms);
  for (std::size_t l = 0; l < binary.network.layers.size(); ++l) {
    const QuantizedLayer& layer = binary.network.layers[l];
    if (layer.op != LayerOp::kConv) continue;
    text += fmt::format("{:<{}} {:>9.0f} {:>4} {:>4}  {}  {}  {}\n", one_line(layer.name), width,
                        binary.stored[l].count, layer.weight_bits, layer.nnzb,
                        decibels(binary.weight_sqnr_db[l], digits.weight_sqnr_db[l]),
                        decibels(binary.output_sqnr_db[l], digits.output_sqnr_db[l]),
                        sizes(row_of(binary, l), row_of(digits, l)));
  }
  const Row total = total_of(binary);
  text += fmt::format("{:<{}} {:>9.0f} {:>4} {:>4}  {:>19}  {:>19}  {}\n", "total", width,
                      total.weights.count, "", "", "", "", sizes(total, total_of(digits)));
  if (!report.budget.empty()) text += fmt::format("\nbudget    {}\n", report.budget);
  if (!report.enlarged.empty()) text += enlarged_text(report.enlarged);
  if (binary.accuracy) text += accuracy_text(*binary.accuracy, *digits.accuracy);
  text += fmt::format("host      {:.1f} s quantizing, both forms\n", report.quantize_s);
  return text;
}

std::string quantize_csv(const QuantizeReport& report) {
  std::string text =
      "layer,token_form,weights,weight_bits,nnzb,weight_sqnr_db,output_sqnr_db,dense_bytes,token_bytes,"
      "bound_bytes,cycles_per_frame\n";
  for (const TokenForm form : kTokenForms) {
    const FormReport& f = report.form(form);
    for (std::size_t l = 0; l < f.network.layers.size(); ++l) {
      const QuantizedLayer& layer = f.network.layers[l];
      if (layer.op != LayerOp::kConv) continue;
      const Row row = row_of(f, l);
      text +=
          fmt::format("{},{},{:.0f},{},{},{},{},{:.1f},{:.1f},{:.1f},{:.1f}\n", csv_text(layer.name),
                      to_string(form), row.weights.count, layer.weight_bits, layer.nnzb,
                      figure(f.weight_sqnr_db[l], "{:.3f}", ""), figure(f.output_sqnr_db[l], "{:.3f}", ""),
                      row.weights.dense_bytes, row.weights.token_bytes, row.weights.bound_bytes, row.cycles);
    }
  }
  return text;
}

std::string quantize_json(const QuantizeReport& report) {
  nlohmann::ordered_json json;
  json["schema"] = 1;
  json["command"] = "quantize";
  json["verdict"] = "pass";
  json["network"] = report.forms[0].network.name;
  json["method"] = method_of(report.scenario.quantization);
  json["calibration_images"] = report.calibration_images;
  json["activation_ranges_from_file"] = report.ranges_from_file;
  json["enlarged_by_host"] = report.enlarged;
  if (const std::optional<Accuracy>& a = report.forms[0].accuracy) {
    json["accuracy"] = {
        {"metric", to_string(a->metric)}, {"float", a->reference.value()}, {"samples", a->samples}};
    if (reads_text(*a)) json["accuracy"]["float_exact_lines"] = a->exact_reference;
  }
  for (const TokenForm form : kTokenForms) {
    const FormReport& f = report.form(form);
    const Row total = total_of(f);
    auto& entry = json["token_forms"][to_string(form)];
    entry = {{"cycles_per_frame", total.cycles},
             {"dense_bytes", total.weights.dense_bytes},
             {"token_bytes", total.weights.token_bytes},
             {"bound_bytes", total.weights.bound_bytes}};
    if (const auto sqnr = output_sqnr_db(f)) entry["output_sqnr_db"] = *sqnr;
    if (f.accuracy) entry["accuracy"] = f.accuracy->quantized;
    if (f.accuracy && reads_text(*f.accuracy)) entry["exact_lines"] = f.accuracy->exact_quantized;
    const auto index = static_cast<std::size_t>(form);
    entry["weights_by_tokens"] = {{"before", report.tokens_before[index]},
                                  {"after", report.tokens_after[index]}};
  }
  json["host"] = {{"quantize_s", report.quantize_s}, {"peak_rss_bytes", report.peak_rss_bytes}};
  return json.dump(2) + "\n";
}

std::vector<Chart> quantize_charts(const QuantizeReport& report) {
  std::vector<Chart> charts;
  for (const TokenForm form : kTokenForms) {
    const auto index = static_cast<std::size_t>(form);
    BarChart chart;
    chart.title = fmt::format("{}, {}: non-zero {}", report.forms[0].network.name,
                              form == TokenForm::kBinary ? "binary" : "signed digit",
                              form == TokenForm::kBinary ? "bits of a weight" : "digits of a weight");
    chart.y_label = "weights";
    const auto& before = report.tokens_before[index];
    const auto& after = report.tokens_after[index];
    std::size_t most = 0;
    for (std::size_t n = 0; n < before.size(); ++n)
      if (before[n] + after[n] > 0) most = n;
    BarChart::Series all{"no limit", {}};
    BarChart::Series limited{fmt::format("nnzb {}", report.scenario.quantization.options.nnzb), {}};
    if (!report.budget.empty()) limited.name = "allocated";
    for (std::size_t n = 0; n <= most; ++n) {
      chart.categories.push_back(std::to_string(n));
      all.values.push_back(static_cast<double>(before[n]));
      limited.values.push_back(static_cast<double>(after[n]));
    }
    chart.series = {all, limited};
    charts.emplace_back(std::move(chart));
  }
  return charts;
}

}  // namespace bitbalance::explore
