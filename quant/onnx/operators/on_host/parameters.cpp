#include "quant/onnx/operators/on_host/parameters.h"

#include <set>

#include "quant/host/operator_traits.h"

namespace bitbalance::onnx_io {

const std::vector<std::string>& parameter_inputs(const std::string& op, std::int64_t opset) {
  static const std::vector<std::string> none, scales = {"", "scales"};
  constexpr std::int64_t kRoi = 11;                              // before, Resize took scales alone
  constexpr std::int64_t kSumTakesAxes = 13, kAllTakeAxes = 18;  // attributes before
  if (op == "Resize" && opset < kRoi) return scales;
  if (op.rfind("Reduce", 0) == 0 && opset < (op == "ReduceSum" ? kSumTakesAxes : kAllTakeAxes)) return none;
  return host::traits_of(op).parameters;
}

bool is_single(const std::string& parameter) {
  static const std::set<std::string> names = {
      "axis", "iou_threshold", "k", "max", "max_output_boxes_per_class", "min", "score_threshold", "value"};
  return names.count(parameter) != 0;
}

}  // namespace bitbalance::onnx_io
