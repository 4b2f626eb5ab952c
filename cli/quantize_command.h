// `bitbalance quantize`: a float model to integers under a limit of non-zero bits, with what it costs and
// loses.
#pragma once

#include <string>
#include <vector>

namespace bitbalance {

struct QuantizeArguments {
  std::string model;  ///< ONNX file, or a scenario (.yaml)
  /// Values of settings, empty where not given: "path.to.key" of a scenario and the option that stands for
  /// it.
  struct Option {
    const char* name;
    const char* key;
    std::string value;
  };
  std::vector<Option> options;
  bool bias_correction = false;
  bool each_for_itself = false;
  std::vector<std::string> settings;  ///< "path.to.key=value"
  std::string budget;
  std::string out;
};

/// Returns kExitPass; throws std::invalid_argument for a user's mistake.
int quantize_command(const QuantizeArguments& arguments);

}  // namespace bitbalance
