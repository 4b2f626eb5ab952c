// What `bitbalance quantize` found out, for both token forms, and how it is shown: table, CSV, JSON, picture.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant/ir/quantized_network.h"
#include "testbench/explore/names.h"
#include "testbench/golden/accuracy.h"
#include "testbench/report/chart.h"
#include "testbench/run/prediction.h"
#include "testbench/scenario/scenario.h"

namespace bitbalance::explore {

/// What the weights of a convolution take.
struct StoredWeights {
  double count = 0;
  double dense_bytes = 0;
  double token_bytes = 0;
  double bound_bytes = 0;  ///< of a code that wastes nothing
};
StoredWeights stored_weights(const QuantizedLayer& layer);

/// The network quantized for one token form.
struct FormReport {
  QuantizedNetwork network;            ///< with or without its weights
  std::vector<StoredWeights> stored;   ///< by layer
  std::vector<double> weight_sqnr_db;  ///< by layer; of convolutions
  std::vector<double> output_sqnr_db;  ///< by layer, on calibration images
  Prediction prediction;
  std::optional<Accuracy> accuracy;  ///< on the scenario's images, through the integer arithmetic
};

struct QuantizeReport {
  Scenario scenario;  ///< as it was effective, layers' settings included
  int calibration_images = 0;
  bool synthetic_calibration = false;
  int ranges_from_file = 0;  ///< tensors whose range is the one that the file was quantized with
  /// Convolutions whose errors the host enlarges and quantization.equalize_channels, not set, could lessen.
  std::vector<std::string> enlarged;
  std::array<FormReport, kTokenForms.size()> forms;
  /// Weights by number of tokens, by form: rounded to all bits, so without a limit, and as they are.
  std::array<std::vector<std::int64_t>, kTokenForms.size()> tokens_before, tokens_after;
  double quantize_s = 0;            ///< both forms
  std::int64_t peak_rss_bytes = 0;  ///< of the program
  std::string budget;               ///< a sentence about it; empty: none

  const FormReport& form(TokenForm form) const { return forms.at(static_cast<std::size_t>(form)); }
};

std::string quantize_table(const QuantizeReport& report);
/// One line per layer and form.
std::string quantize_csv(const QuantizeReport& report);
std::string quantize_json(const QuantizeReport& report);
/// Tokens of the weights before and after, a chart a form.
std::vector<Chart> quantize_charts(const QuantizeReport& report);

}  // namespace bitbalance::explore
