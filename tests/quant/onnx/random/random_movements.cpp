// Operators that put elements at other places.
#include <algorithm>
#include <numeric>

#include "tests/quant/onnx/random/operator_maker.h"

namespace bitbalance::test {

using onnx_reference::volume;

void OperatorMaker::pad() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank)));
  std::vector<std::string> modes = {"constant", "edge", "reflect"};
  if (opset_ > kRevision) modes.emplace_back("wrap");
  const std::string mode = one_of(modes);
  Dims pads(2 * rank);
  for (std::int64_t d = 0; d < 2 * rank; ++d) {
    const std::int64_t most = mode == "reflect" ? inputs_[0]->dims[d % rank] - 1 : 2;
    pads[d] = integer(0, most);
    if (mode == "constant" && d < rank && inputs_[0]->dims[d] > 1 && chance(4)) pads[d] = -1;
  }
  if (mode != "constant" || chance()) set("mode", mode);
  if (opset_ < 11) {
    set("pads", pads);
    maybe("value", small());
  } else {
    integers(pads);
    if (chance()) floats(Tensor{{}, {small()}});
  }
}

void OperatorMaker::slice() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank, 6)));
  Dims starts, ends, axes, steps;
  for (std::int64_t d = 0; d < rank; ++d) {
    if (chance(3)) continue;
    const std::int64_t n = inputs_[0]->dims[d];
    const bool down = opset_ >= 10 && chance(3);
    const std::int64_t low = integer(0, n - 1), high = integer(low, n - 1);
    starts.push_back(down ? high : low);
    ends.push_back(down ? (low == 0 ? -n - 1 : low - 1) : high + 1);
    if (!down && chance(4)) ends.back() = std::int64_t{1} << 40;
    if (!down && chance(4)) starts.back() -= n;
    axes.push_back(axis(d, rank));
    steps.push_back(down ? -integer(1, 3) : opset_ >= 10 ? integer(1, 3) : 1);
  }
  const bool names_axes = static_cast<std::int64_t>(axes.size()) != rank || chance();
  if (opset_ < 10) {
    set("starts", starts);
    set("ends", ends);
    if (names_axes) set("axes", axes);
    return;
  }
  integers(starts);
  integers(ends);
  if (names_axes) {
    integers(axes);
  } else {
    none();
  }
  integers(steps);
}

void OperatorMaker::split() {
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1), count = integer(1, 3);
  Dims dims = extents(rank), parts(count);
  const std::int64_t each = integer(1, 3);
  const bool is_even = chance();
  for (std::int64_t& part : parts) part = is_even ? each : integer(1, 3);
  dims[at] = std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
  input(values(dims));
  if (at != 0 || chance()) set("axis", axis(at, rank));
  for (std::int64_t i = 1; i < count; ++i) node_.add_output("t" + std::to_string(i));
  read_ = integer(0, count - 1);
  if (is_even && chance()) {
    if (opset_ >= kRevision) set("num_outputs", count);
    return;
  }
  if (opset_ < 13) {
    set("split", parts);
  } else {
    integers(parts);
  }
}

void OperatorMaker::squeeze() {
  const std::int64_t rank = integer(2, 4);
  Dims dims = extents(rank, 3), axes;
  for (std::int64_t d = 0; d < rank; ++d) {
    if (!chance()) continue;
    dims[d] = 1;
    axes.push_back(axis(d, rank));
  }
  input(values(dims));
  if (axes.empty() || chance(3)) return;
  if (opset_ < 13) {
    set("axes", axes);
  } else {
    integers(axes);
  }
}

void OperatorMaker::unsqueeze() {
  const std::int64_t rank = integer(1, 3), more = integer(1, 2);
  input(values(extents(rank)));
  Dims all(rank + more);
  std::iota(all.begin(), all.end(), 0);
  std::shuffle(all.begin(), all.end(), random_);
  Dims axes(all.begin(), all.begin() + more);
  for (std::int64_t& each : axes) each = axis(each, rank + more);
  if (opset_ < 13) {
    std::sort(axes.begin(), axes.end());
    set("axes", axes);
  } else {
    integers(axes);
  }
}

void OperatorMaker::flatten() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank)));
  const std::int64_t at = integer(0, rank);
  if (chance()) set("axis", at < rank ? axis(at, rank) : at);
}

void OperatorMaker::reshape() {
  Dims dims = extents(integer(1, 4));
  input(values(dims));
  if (dims.size() > 1 && chance()) {
    dims[0] *= dims.back();
    dims.pop_back();
  }
  if (chance(3)) dims.push_back(1);
  const std::int64_t at = integer(0, static_cast<std::int64_t>(dims.size()) - 1);
  if (chance()) dims[at] = -1;
  const bool is_same = dims[0] == inputs_[0]->dims[0];
  if (is_same && chance()) dims[0] = 0;
  integers(dims);
  if (dims[0] != 0) maybe("allowzero", integer(0, 1));
}

void OperatorMaker::transpose() {
  const std::int64_t rank = integer(1, 4);
  input(values(extents(rank)));
  Dims perm(rank);
  std::iota(perm.begin(), perm.end(), 0);
  std::shuffle(perm.begin(), perm.end(), random_);
  maybe("perm", perm);
}

void OperatorMaker::concat() {
  const std::int64_t rank = integer(1, 4), at = integer(0, rank - 1);
  const Dims dims = extents(rank);
  input(values(dims));
  for (std::int64_t i = integer(0, 2); i > 0; --i) {
    Dims part = dims;
    part[at] = integer(1, 3);
    floats(values(part));
  }
  if (chance()) {
    node_.add_input("x");
    inputs_.push_back(std::make_unique<Tensor>(*inputs_[0]));
  }
  set("axis", axis(at, rank));
}

void OperatorMaker::gather() {
  const std::int64_t rank = integer(1, 3), at = integer(0, rank - 1);
  input(values(extents(rank)));
  const std::int64_t n = inputs_[0]->dims[at];
  const Dims dims = extents(integer(0, 2), 3);
  Dims indices(volume(dims));
  for (std::int64_t& index : indices) index = integer(opset_ >= 11 ? -n : 0, n - 1);
  integers(indices, dims);
  if (at != 0 || chance()) set("axis", axis(at, rank, 1));
}

void OperatorMaker::tile() {
  input(values(extents(integer(1, 4))));
  integers(extents(static_cast<std::int64_t>(inputs_[0]->dims.size()), 3));
}

void OperatorMaker::expand() {
  Dims dims = extents(integer(1, 4)), wanted = dims;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    if (chance(3)) dims[d] = 1;
    if (chance(4)) wanted[d] = 1;
  }
  if (chance(3)) wanted.insert(wanted.begin(), 2);
  input(values(dims));
  integers(wanted);
}

void OperatorMaker::blocks() {
  const std::int64_t b = integer(1, 3);
  const bool to_space = op_ == "DepthToSpace";
  input(values({1, integer(1, 3) * (to_space ? b * b : 1), integer(1, 3) * (to_space ? 1 : b),
                integer(1, 3) * (to_space ? 1 : b)}));
  set("blocksize", b);
  maybe("mode", one_of<std::string>({"DCR", "CRD"}));
}

}  // namespace bitbalance::test
