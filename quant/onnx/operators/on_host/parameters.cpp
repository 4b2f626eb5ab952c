#include "quant/onnx/operators/on_host/parameters.h"

#include <map>
#include <set>

namespace bitbalance::onnx_io {

const std::vector<std::string>& parameter_inputs(const std::string& op, std::int64_t opset) {
  static const std::map<std::string, std::vector<std::string>> table = {
      {"Clip", {"", "min", "max"}},
      {"CumSum", {"", "axis"}},
      {"Expand", {"", "shape"}},
      {"NonMaxSuppression", {"", "", "max_output_boxes_per_class", "iou_threshold", "score_threshold"}},
      {"Pad", {"", "pads", "value", "axes"}},
      {"Reshape", {"", "shape"}},
      {"Resize", {"", "roi", "scales", "sizes"}},
      {"Slice", {"", "starts", "ends", "axes", "steps"}},
      {"Split", {"", "split"}},
      {"Tile", {"", "repeats"}},
      {"TopK", {"", "k"}},
      {"Upsample", {"", "scales"}},
  };
  static const std::vector<std::string> axes = {"", "axes"}, none, scales = {"", "scales"};
  constexpr std::int64_t kRoi = 11;  // before, Resize took scales alone
  if (op == "Resize" && opset < kRoi) return scales;
  constexpr std::int64_t kSumTakesAxes = 13, kAllTakeAxes = 18;  // attributes before
  if (op.rfind("Reduce", 0) == 0)
    return opset >= (op == "ReduceSum" ? kSumTakesAxes : kAllTakeAxes) ? axes : none;
  const auto found = table.find(op);
  return found == table.end() ? none : found->second;
}

bool is_single(const std::string& parameter) {
  static const std::set<std::string> names = {
      "axis", "iou_threshold", "k", "max", "max_output_boxes_per_class", "min", "score_threshold", "value"};
  return names.count(parameter) != 0;
}

}  // namespace bitbalance::onnx_io
