#include "tests/quant/onnx/random/random_rows.h"

#include <algorithm>
#include <cmath>

#include "tests/quant/onnx/random/rows_draw.h"
#include "tests/quant/onnx/reference/reference_call.h"

namespace bitbalance::test {
namespace {

using onnx_reference::volume;
using Ints = std::vector<std::int64_t>;
using Rows = ReferenceTensor;

bool broadcasts(const Ints& a, const Ints& b) {
  for (std::size_t i = 1; i <= std::min(a.size(), b.size()); ++i) {
    const std::int64_t x = a[a.size() - i], y = b[b.size() - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

class RowsMaker : public RowsDraw {
 public:
  using RowsDraw::RowsDraw;

  RandomRows make() {
    if (chance(3)) use_number();
    for (int left = static_cast<int>(integer(0, 6)), tries = 0; left > 0 && tries < 200; ++tries)
      if (draw_one()) --left;
    Drawn last = last_with_rows();
    if (last.type != kReal && cast_to(last, kReal)) last = values().back();
    model().node("Identity", {last.name}, "y");
    model().graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->clear_shape();
    return {std::move(model()), std::move(images()), last.of};
  }

 private:
  using Draw = bool (RowsMaker::*)();

  bool cast_to(const Drawn& from, int type) {
    onnx::NodeProto cast = node("Cast", {from});
    set_integer(cast, "to", type);
    return add(cast, {from}, type);
  }

  bool cast() {
    const Drawn value = any();
    const bool is_whole = value.is_exact && value.all([](const Rows& t) {
      return std::all_of(t.values.begin(), t.values.end(), [](double v) { return v == std::floor(v); });
    });
    return cast_to(value, is_whole && value.type != kWhole && chance() ? kWhole : kReal);
  }

  bool unary() {
    const Drawn* value = any(kReal);
    if (value == nullptr) return false;
    const std::string op = one_of<std::string>({"Abs", "Neg", "Relu", "Floor", "Sign", "Elu", "Erf"});
    const bool jumps = op == "Floor" || op == "Sign", rounds = op == "Elu" || op == "Erf";
    return (!jumps || value->is_exact) && add(node(op, {*value}), {*value}, kReal, !rounds);
  }

  bool fits(const Drawn& a, const Drawn& b) {
    for (int image = 0; image < kImages; ++image)
      if (!broadcasts(a.of[image].dims, b.of[image].dims)) return false;
    return true;
  }

  /// Another of the type that fits, often a constant.
  Drawn partner(const Drawn& a) {
    if (chance()) {
      const Drawn* other = any(a.type);
      if (other != nullptr) return *other;
    }
    Ints dims;
    for (std::size_t d = static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(a.rank())));
         d < a.rank(); ++d)
      dims.push_back(chance() ? 1 : chance(8) ? boxes() : std::max<std::int64_t>(1, a.extent(d)));
    std::vector<double> values(static_cast<std::size_t>(volume(dims)));
    for (double& value : values) value = static_cast<double>(integer(-3, 6));
    return constant(dims, values, a.type);
  }

  bool binary() {
    const Drawn a = any();
    if (a.type == kTrue) return false;
    const Drawn b = partner(a);
    if (!fits(a, b)) return false;
    const std::string op =
        one_of<std::string>({"Add", "Sub", "Mul", "Mul", "Max", "Min", "Equal", "Greater", "Less"});
    const bool compares = op == "Equal" || op == "Greater" || op == "Less";
    if (compares && !(a.is_exact && b.is_exact)) return false;
    const std::vector<Drawn> inputs = chance() ? std::vector{a, b} : std::vector{b, a};
    return add(node(op, inputs), inputs, compares ? kTrue : a.type);
  }

  bool where() {
    const Drawn* found = any(kTrue);
    if (found == nullptr) return false;
    const Drawn condition = *found, a = any();
    if (a.type == kTrue) return false;
    const Drawn b = partner(a);
    if (!fits(a, b) || !fits(condition, a) || !fits(condition, b)) return false;
    return add(node("Where", {condition, a, b}), {condition, a, b}, a.type);
  }

  /// How many rows a value has, as a list of one, a scalar or a real number.
  bool count() {
    const Drawn value = any();
    if (value.rank() == 0 || !add(node("Shape", {value}), {value}, kWhole)) return false;
    const Drawn extents = values().back();
    const std::int64_t axis = integer(0, extents.extent(0) - 1);
    const Drawn place = chance() ? list({axis}) : constant({}, {static_cast<double>(axis)}, kWhole);
    if (!add(node("Gather", {extents, place}), {extents, place}, kWhole)) return false;
    return chance() || cast_to(values().back(), kReal);
  }

  /// The number of rows beside what else there is.
  bool use_number() {
    if (!count()) return false;
    const Drawn number = values().back();
    const Drawn other = chance() ? values().front() : any();
    const auto axis = integer(0, std::max<std::int64_t>(1, static_cast<std::int64_t>(other.rank())) - 1);
    if (number.type == kReal && other.type == kReal && fits(number, other)) {
      if (chance()) {
        const std::vector<Drawn> factors = chance() ? std::vector{number, other} : std::vector{other, number};
        return add(node(one_of<std::string>({"Mul", "Mul", "Add", "Max"}), factors), factors, kReal);
      }
      const Drawn limit = constant({}, {static_cast<double>(integer(-1, boxes()))}, kReal);
      if (!add(node(one_of<std::string>({"Equal", "Greater"}), {number, limit}), {number, limit}, kTrue))
        return false;
      const std::vector<Drawn> choice = {values().back(), other, limit};
      return add(node("Where", choice), choice, kReal);
    }
    if (number.type != kWhole || other.rank() == 0) return false;
    if (number.rank() == 1 && chance()) {
      const std::vector<Drawn> inputs = {other, list({0}), number, list({axis})};
      return add(node("Slice", inputs), inputs, other.type);
    }
    for (int image = 0; image < kImages; ++image)
      if (number.of[image].values[0] >= static_cast<double>(other.of[image].dims[axis])) return false;
    onnx::NodeProto chosen = node("Gather", {other, number});
    set_integer(chosen, "axis", axis);
    return add(chosen, {other, number}, other.type);
  }

  bool shape() {
    const Drawn value = any();
    return add(node(chance(6) ? "Size" : "Shape", {value}), {value}, kWhole);
  }

  bool gather() {
    const Drawn value = any();
    if (value.rank() == 0) return false;
    const std::int64_t axis = integer(0, static_cast<std::int64_t>(value.rank()) - 1);
    const Drawn* computed = chance() ? any(kWhole) : nullptr;
    const std::int64_t most = std::max<std::int64_t>(1, value.extent(axis));
    Drawn index = list({integer(-most, most - 1)});
    if (computed != nullptr) {
      index = *computed;
    } else if (chance(3)) {
      index = constant({}, {static_cast<double>(integer(0, most - 1))}, kWhole);
    } else if (chance(3)) {
      index = list({integer(0, most - 1), integer(0, most - 1)});
    }
    for (int image = 0; image < kImages; ++image) {
      const auto extent = static_cast<double>(value.of[image].dims[axis]);
      for (const double at : index.of[image].values)
        if (at < -extent || at >= extent) return false;
    }
    onnx::NodeProto added = node("Gather", {value, index});
    set_integer(added, "axis", axis);
    return add(added, {value, index}, value.type);
  }

  bool gather_nd() {
    const Drawn value = any();
    const Drawn* index = any(kWhole);
    if (index == nullptr || index->rank() == 0) return false;
    const std::int64_t columns = index->extent(index->rank() - 1);
    if (columns < 1 || columns > static_cast<std::int64_t>(value.rank())) return false;
    for (int image = 0; image < kImages; ++image) {
      const std::vector<double>& all = index->of[image].values;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const auto extent = static_cast<double>(value.of[image].dims[i % static_cast<std::size_t>(columns)]);
        if (all[i] < -extent || all[i] >= extent) return false;
      }
    }
    const Drawn indices = *index;
    return add(node("GatherND", {value, indices}), {value, indices}, value.type);
  }

  bool slice() {
    const Drawn value = any();
    if (value.rank() == 0) return false;
    const std::int64_t axis = integer(0, static_cast<std::int64_t>(value.rank()) - 1);
    const Drawn* computed = chance(3) ? any_list() : nullptr;
    Drawn end = list({chance() ? integer(1, boxes() + 2) : chance() ? INT32_MAX : integer(-2, -1)});
    if (computed != nullptr && computed->extent(0) == 1) end = *computed;
    const Drawn start = list({chance() ? 0 : integer(0, 2)}), axes = list({axis});
    return add(node("Slice", {value, start, end, axes}), {value, start, end, axes}, value.type);
  }

  /// Of as many elements, whatever the image.
  static bool is_view(const Drawn& value, const Drawn& shape) {
    for (int image = 0; image < kImages; ++image) {
      const Rows& from = value.of[image];
      std::int64_t known = 1;
      int open = 0;
      for (std::size_t d = 0; d < shape.of[image].values.size(); ++d) {
        const double extent = shape.of[image].values[d];
        if (extent < -1 || (extent == 0 && d >= from.dims.size())) return false;
        open += extent == -1 ? 1 : 0;
        if (extent == 0) known *= from.dims[d];
        if (extent > 0) known *= static_cast<std::int64_t>(extent);
      }
      const std::int64_t elements = volume(from.dims);
      const bool fits = open == 0 ? known == elements : open == 1 && known > 0 && elements % known == 0;
      if (!fits) return false;
    }
    return true;
  }

  bool reshape() {
    const Drawn value = any();
    const Drawn* computed = chance(3) ? any_list() : nullptr;
    if (chance(4)) computed = join_extents();
    const std::int64_t last =
        value.rank() == 0 ? 1 : std::max<std::int64_t>(1, value.extent(value.rank() - 1));
    const Drawn shape = computed != nullptr ? *computed
                                            : list(one_of<Ints>({{-1},
                                                                 {-1, 1},
                                                                 {1, -1},
                                                                 {-1, last},
                                                                 {last, -1},
                                                                 {0, -1},
                                                                 {0, 1, -1},
                                                                 {-1, 1, last},
                                                                 {integer(1, 4), -1}}));
    return is_view(value, shape) && add(node("Reshape", {value, shape}), {value, shape}, value.type);
  }

  /// Two lists of extents, or one with a constant beside it.
  const Drawn* join_extents() {
    const Drawn* found = any_list();
    if (found == nullptr || found->of[0].dims[0] > 3) return nullptr;
    const Drawn a = *found, b = list({one_of<std::int64_t>({-1, 1, 3, integer(1, 6)})});
    const std::vector<Drawn> parts = chance() ? std::vector{a, b} : std::vector{b, a};
    onnx::NodeProto joined = node("Concat", parts);
    set_integer(joined, "axis", 0);
    return add(joined, parts, kWhole) ? &values().back() : nullptr;
  }

  bool expand() {
    const Drawn value = any();
    const Drawn* computed = chance() ? any_list() : nullptr;
    const Drawn shape = computed != nullptr ? *computed : list({integer(1, 3), integer(1, 3)});
    for (int image = 0; image < kImages; ++image) {
      const Ints dims(shape.of[image].values.begin(), shape.of[image].values.end());
      const bool is_negative = std::any_of(dims.begin(), dims.end(), [](std::int64_t d) { return d < 0; });
      if (is_negative || !broadcasts(value.of[image].dims, dims)) return false;
    }
    return add(node("Expand", {value, shape}), {value, shape}, value.type);
  }

  bool concat() {
    const Drawn a = any();
    if (a.rank() == 0 || a.type == kTrue) return false;
    const auto axis = static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(a.rank()) - 1));
    Drawn b = a;
    if (chance()) {
      Ints dims = a.of[0].dims;
      dims[axis] = integer(1, boxes() + 1);
      if (volume(dims) == 0) return false;
      b = constant(dims, std::vector<double>(static_cast<std::size_t>(volume(dims)), chance(4) ? 2 : -1),
                   a.type);
    } else if (const Drawn* other = any(a.type); other != nullptr) {
      b = *other;
    }
    for (int image = 0; image < kImages; ++image) {
      Ints x = a.of[image].dims, y = b.of[image].dims;
      if (x.size() != y.size()) return false;
      x[axis] = y[axis] = 0;
      if (x != y) return false;
    }
    const std::vector<Drawn> parts = chance(4) ? std::vector{b, a} : std::vector{a, b};
    onnx::NodeProto joined = node("Concat", parts);
    set_integer(joined, "axis", static_cast<std::int64_t>(axis));
    return add(joined, parts, a.type);
  }

  bool view() {
    const Drawn value = any();
    const auto rank = static_cast<std::int64_t>(value.rank());
    if (chance(3)) {
      const Drawn axes = list({integer(0, rank)});
      return add(node("Unsqueeze", {value, axes}), {value, axes}, value.type);
    }
    if (rank == 0) return false;
    const std::int64_t axis = integer(0, rank - 1);
    if (chance(3)) {
      if (value.extent(axis) != 1) return false;
      const Drawn axes = list({axis});
      return add(node("Squeeze", {value, axes}), {value, axes}, value.type);
    }
    if (chance()) {
      onnx::NodeProto flat = node("Flatten", {value});
      set_integer(flat, "axis", integer(0, rank));
      return add(flat, {value}, value.type);
    }
    onnx::NodeProto turned = node("Transpose", {value});
    Ints order(value.rank());
    for (std::size_t d = 0; d < order.size(); ++d) order[d] = static_cast<std::int64_t>(d);
    std::shuffle(order.begin(), order.end(), engine());
    set_attribute(turned, "perm", order);
    return add(turned, {value}, value.type);
  }

  /// What works along an axis.
  bool along() {
    const Drawn value = any();
    if (value.type != kReal || value.rank() == 0) return false;
    const std::int64_t axis = integer(0, static_cast<std::int64_t>(value.rank()) - 1);
    if (!value.all([&](const Rows& t) { return t.dims[axis] != 0; })) return false;
    const std::string op = one_of<std::string>({"ReduceSum", "ReduceMax", "ReduceL1", "ReduceProd",
                                                "ReduceSumSquare", "ArgMax", "Softmax", "CumSum"});
    const bool is_index = op == "ArgMax";
    if (is_index && !value.is_exact) return false;
    std::vector<Drawn> inputs = {value};
    if (op == "ReduceSum") inputs.push_back(list({axis}));
    if (op == "CumSum") inputs.push_back(constant({}, {static_cast<double>(axis)}, kWhole));
    onnx::NodeProto added = node(op, inputs);
    if (op.rfind("Reduce", 0) == 0 && op != "ReduceSum") set_attribute(added, "axes", Ints{axis});
    if (is_index || op == "Softmax") set_integer(added, "axis", axis);
    if ((is_index || op.rfind("Reduce", 0) == 0) && chance()) set_integer(added, "keepdims", 0);
    return add(added, inputs, is_index ? kWhole : kReal, op != "Softmax" && op != "ReduceProd");
  }

  bool product() {
    const Drawn value = any();
    if (value.type != kReal || value.rank() < 2) return false;
    const std::size_t contracted = value.rank() - (chance() ? 1 : 2);
    const std::int64_t extent = value.extent(contracted), other = integer(1, 3);
    if (extent < 1) return false;
    const bool is_left = contracted + 1 == value.rank();
    const Ints dims = is_left ? Ints{extent, other} : Ints{other, extent};
    std::vector<double> factors(static_cast<std::size_t>(extent * other));
    for (double& factor : factors) factor = static_cast<double>(integer(-2, 2));
    const Drawn constants = constant(dims, factors, kReal);
    const std::vector<Drawn> inputs = is_left ? std::vector{value, constants} : std::vector{constants, value};
    return add(node("MatMul", inputs), inputs, kReal);
  }

  /// Constants of as many elements as a result says.
  bool counted() {
    const Drawn* found = any(kWhole);
    if (found == nullptr) return false;
    const Drawn count = *found;
    const bool is_positive = count.all([](const Rows& t) {
      return std::all_of(t.values.begin(), t.values.end(), [](double v) { return v >= 0 && v < 20; });
    });
    if (!is_positive) return false;
    if (count.rank() == 1 && count.extent(0) >= 0)
      return add(node("ConstantOfShape", {count}), {count}, kReal);
    if (count.rank() != 0) return false;
    const std::vector<Drawn> inputs = {constant({}, {0}, kWhole), count, constant({}, {1}, kWhole)};
    return add(node("Range", inputs), inputs, kWhole);
  }

  bool tile() {
    const Drawn value = any();
    Ints repeats(value.rank());
    for (std::int64_t& repeat : repeats) repeat = integer(1, 2);
    const Drawn times = list(repeats);
    return value.rank() != 0 && add(node("Tile", {value, times}), {value, times}, value.type);
  }

  bool pad() {
    const Drawn value = any();
    if (value.type != kReal || value.rank() == 0) return false;
    Ints pads(2 * value.rank(), 0);
    pads[static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(pads.size()) - 1))] =
        integer(1, boxes());
    const std::vector<Drawn> inputs = {value, list(pads), constant({}, {chance() ? -1.0 : 3.0}, kReal)};
    return add(node("Pad", inputs), inputs, kReal);
  }

  /// Places, and what is there: the image decides how many.
  bool found() {
    const Drawn value = any();
    if (!value.is_exact || value.rank() == 0) return false;
    if (chance()) return add(node("NonZero", {value}), {value}, kWhole);
    const Drawn* condition = any(kTrue);
    if (condition == nullptr || condition->rank() != 1) return false;
    const std::vector<Drawn> inputs = {value, *condition};
    const std::int64_t axis = integer(0, static_cast<std::int64_t>(value.rank()) - 1);
    for (int image = 0; image < kImages; ++image)
      if (inputs[1].of[image].dims[0] > value.of[image].dims[axis]) return false;
    onnx::NodeProto added = node("Compress", inputs);
    set_integer(added, "axis", axis);
    return add(added, inputs, value.type);
  }

  bool draw_one() {
    static const std::vector<Draw> draws = {
        &RowsMaker::cast,   &RowsMaker::unary,     &RowsMaker::binary,  &RowsMaker::binary,
        &RowsMaker::where,  &RowsMaker::shape,     &RowsMaker::count,   &RowsMaker::use_number,
        &RowsMaker::gather, &RowsMaker::gather,    &RowsMaker::slice,   &RowsMaker::reshape,
        &RowsMaker::expand, &RowsMaker::gather_nd, &RowsMaker::concat,  &RowsMaker::view,
        &RowsMaker::along,  &RowsMaker::product,   &RowsMaker::counted, &RowsMaker::tile,
        &RowsMaker::pad,    &RowsMaker::found};
    return (this->*one_of(draws))();
  }
};

}  // namespace

RandomRows random_rows(std::uint32_t seed) {
  return RowsMaker(seed).make();
}

}  // namespace bitbalance::test
