// Convolutions, poolings, products of matrices, Resize.

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

void OperatorMaker::matmul() {
  const std::int64_t k = integer(1, 4);
  Dims left = extents(integer(1, 4)), right = extents(integer(1, 3));
  left.back() = k;
  right[right.size() == 1 ? 0 : right.size() - 2] = k;
  for (std::size_t d = 2; d < right.size(); ++d) {
    const std::size_t to = left.size() > d ? left.size() - 1 - d : left.size();
    right[right.size() - 1 - d] = to < left.size() && chance() ? left[to] : 1;
  }
  input(values(left));
  floats(values(right));
}

/// One operand or two, either of them the image; names in any order, some of them in both.
void OperatorMaker::einsum() {
  const Dims all = extents(5);
  const auto draw = [&](std::int64_t most) {
    std::string names = "abcde";
    std::shuffle(names.begin(), names.end(), random_);
    return names.substr(0, integer(1, most));
  };
  const auto of = [&](const std::string& names) {
    Dims dims;
    for (const char name : names) dims.push_back(all[name - 'a']);
    return dims;
  };
  const std::string first = draw(4), second = chance(4) ? "" : draw(4);
  std::string joint = first;
  for (const char name : second)
    if (joint.find(name) == std::string::npos) joint += name;
  std::shuffle(joint.begin(), joint.end(), random_);
  const std::string result = joint.substr(0, integer(1, std::min<std::int64_t>(4, joint.size())));
  const bool is_first = second.empty() || chance();
  if (!is_first) floats(values(of(first)));
  input(values(of(is_first ? first : second)));
  if (is_first && !second.empty()) floats(values(of(second)));
  set("equation",
      first + (second.empty() ? "" : (chance() ? "," : ", ") + second) + (chance() ? "->" : " -> ") + result);
}

void OperatorMaker::gemm() {
  const std::int64_t m = integer(1, 4), k = integer(1, 4), n = integer(1, 4);
  const std::int64_t ta = integer(0, 1), tb = integer(0, 1);
  input(values(ta != 0 ? Dims{k, m} : Dims{m, k}));
  floats(values(tb != 0 ? Dims{n, k} : Dims{k, n}));
  if (ta != 0 || chance()) set("transA", ta);
  if (tb != 0 || chance()) set("transB", tb);
  maybe("alpha", small());
  maybe("beta", small());
  if (opset_ < 11 || chance()) floats(values(one_of<Dims>({{}, {n}, {1, n}, {m, 1}, {m, n}, {1}})));
}

void OperatorMaker::strides_and_pads(const Dims& kernel, bool may_dilate) {
  const auto drawn = [&](std::int64_t least, std::int64_t most) {
    Dims list(kernel.size());
    for (std::int64_t& number : list) number = integer(least, most);
    return list;
  };
  maybe("strides", drawn(1, 4));
  if (may_dilate) maybe("dilations", drawn(1, 2));
  if (chance()) {
    maybe("auto_pad", one_of<std::string>({"NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"}));
    return;
  }
  Dims pads;
  for (std::size_t d = 0; d < 2 * kernel.size(); ++d)
    pads.push_back(integer(0, kernel[d % kernel.size()] - 1));
  maybe("pads", pads);
}

/// Extents of one to three dimensions, most often of two.
OperatorMaker::Dims OperatorMaker::space(std::int64_t least, std::int64_t most) {
  Dims dims(one_of<std::int64_t>({1, 2, 2, 2, 3, 3}));
  for (std::int64_t& extent : dims) extent = integer(least, most);
  return dims;
}

void OperatorMaker::conv() {
  const bool is_transposed = op_ == "ConvTranspose";
  const Dims kernel = space(1, 3);
  const std::int64_t groups = integer(1, 2), each = integer(1, 2), filters = groups * integer(1, 2);
  const std::int64_t most = kernel.size() == 3 ? 6 : 8;
  Dims image = {1, groups * each};
  Dims weights = is_transposed ? Dims{groups * each, filters / groups} : Dims{filters, each};
  for (const std::int64_t extent : kernel) {
    image.push_back(integer(5, most));
    weights.push_back(extent);
  }
  input(values(image));
  floats(values(weights));
  if (chance()) floats(values({filters}));
  if (groups > 1 || chance()) set("group", groups);
  maybe("kernel_shape", kernel);
  strides_and_pads(kernel, true);
}

void OperatorMaker::pool() {
  const Dims kernel = space(1, 3);
  Dims image = {1, integer(1, 3)};
  for (std::size_t d = 0; d < kernel.size(); ++d) image.push_back(integer(4, kernel.size() == 3 ? 6 : 8));
  input(values(image));
  set("kernel_shape", kernel);
  strides_and_pads(kernel, chance(3));
  maybe("p", integer(1, 3));
  maybe("ceil_mode", std::int64_t{chance(4) ? 0 : 1});
  maybe("count_include_pad", std::int64_t{chance(4) ? 0 : 1});
  maybe("storage_order", integer(0, 1));
  if (op_ == "MaxPool" && opset_ >= 8 && chance()) node_.add_output("indices");
}

void OperatorMaker::resize() {
  Dims dims = {1, integer(1, 2), integer(1, 6), integer(1, 6)};
  input(values(dims));
  const bool enlarges = op_ == "Upsample";
  Tensor scales{{4}, {1, 1}};
  Dims sizes = {1, dims[1]};
  for (int d = 2; d < 4; ++d) {
    float scale = static_cast<float>(integer(enlarges ? 10 : 3, 30)) / 10;
    if (static_cast<float>(dims[d]) * scale < 1) scale = 1;
    scales.values.push_back(scale);
    sizes.push_back(integer(1, 10));
  }
  if (op_ == "Upsample" || opset_ < 11) {
    maybe("mode", one_of<std::string>({"nearest", "linear"}));
    if (opset_ < 9) {
      onnx::AttributeProto& attribute = *node_.add_attribute();
      attribute.set_name("scales");
      attribute.set_type(onnx::AttributeProto::FLOATS);
      for (const double scale : scales.values) attribute.add_floats(static_cast<float>(scale));
      inputs_.push_back(std::make_unique<Tensor>(scales));  // for the reference
    } else {
      floats(scales);
    }
    return;
  }
  if (opset_ < 13) {
    floats(Tensor{{0}, {}});
  } else {
    none();
  }
  if (chance()) {
    floats(scales);
  } else {
    if (opset_ < 13) {
      floats(Tensor{{0}, {}});
    } else {
      none();
    }
    inputs_.back() = nullptr;
    integers(sizes);
  }
  if (opset_ >= kRevision && chance(4)) {
    set("mode", one_of<std::string>({"linear", "cubic"}));
    set("antialias", std::int64_t{1});
  } else {
    maybe("mode", one_of<std::string>({"nearest", "linear"}));
  }
  maybe("nearest_mode", one_of<std::string>({"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}));
  std::vector<std::string> coordinates = {"half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"};
  if (opset_ > kRevision) coordinates.emplace_back("half_pixel_symmetric");
  maybe("coordinate_transformation_mode", one_of(coordinates));
}

}  // namespace bitbalance::test
