// Sums of products along named dimensions.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>

#include "quant/host/operators/families.h"
#include "quant/host/operators/product.h"

namespace bitbalance::host {
namespace {

/// Names of the dimensions of each operand and of the result. Those of an ellipsis are digits, the last one
/// 0.
struct Equation {
  std::vector<std::string> operands;
  std::string result;
};

constexpr std::size_t kMostEllipsis = 10;

[[noreturn]] void fail(const std::string& equation, const std::string& problem) {
  throw std::invalid_argument(fmt::format("equation '{}' {}", equation, problem));
}

/// One term with its ellipsis as `count` digits.
std::string spelled(const std::string& equation, const std::string& term, std::size_t count) {
  std::string names;
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (term.compare(i, 3, "...") == 0) {
      for (std::size_t d = count; d-- > 0;) names += static_cast<char>('0' + d);
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(term[i])) != 0) {
      names += term[i];
    } else {
      fail(equation, fmt::format("has '{}'; accepted: letters, '...', ',' and '->'", term[i]));
    }
  }
  return names;
}

/// Of a left side alone: the ellipsis, then the names that occur once, sorted.
std::string implicit_result(const std::vector<std::string>& operands) {
  std::map<char, int> uses;
  for (const std::string& operand : operands)
    for (const char name : operand) ++uses[name];
  std::string digits, letters;
  for (const auto& [name, count] : uses) {
    if (std::isdigit(static_cast<unsigned char>(name)) != 0) {
      digits.insert(digits.begin(), name);
    } else if (count == 1) {
      letters += name;
    }
  }
  std::sort(letters.begin(), letters.end());
  return digits + letters;
}

Equation parse(const std::string& text, const std::vector<Dims>& operands) {
  std::string plain;
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain), [](char c) { return c != ' '; });
  const std::size_t arrow = plain.find("->");
  Equation equation;
  std::size_t widest = 0, start = 0;
  const std::string left = plain.substr(0, arrow);
  for (const Dims& dims : operands) {
    if (start > left.size()) fail(text, fmt::format("has other terms than the {} operands", operands.size()));
    const std::size_t end = std::min(left.find(',', start), left.size());
    const std::string term = left.substr(start, end - start);
    start = end + 1;
    std::size_t count = 0;
    if (const std::size_t dots = term.find("..."); dots != std::string::npos) {
      count = dims.size() - std::min(dims.size(), term.size() - 3);
      if (count > kMostEllipsis) fail(text, fmt::format("has {} dimensions in '...'; accepted: 10", count));
    }
    widest = std::max(widest, count);
    equation.operands.push_back(spelled(text, term, count));
    if (equation.operands.back().size() != dims.size())
      fail(text, fmt::format("names {} dimensions of {}", equation.operands.back().size(), to_string(dims)));
  }
  if (start <= left.size()) fail(text, fmt::format("has other terms than the {} operands", operands.size()));
  equation.result = arrow == std::string::npos ? implicit_result(equation.operands)
                                               : spelled(text, plain.substr(arrow + 2), widest);
  return equation;
}

using LetterExtents = std::map<char, std::int64_t>;

/// Of all names. One of an ellipsis broadcasts.
LetterExtents extents_of(const std::string& text, const Equation& equation,
                         const std::vector<Dims>& operands) {
  LetterExtents extents;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    for (std::size_t d = 0; d < operands[i].size(); ++d) {
      std::int64_t& extent = extents.try_emplace(equation.operands[i][d], 1).first->second;
      const std::int64_t own = operands[i][d];
      if (own != 1 && extent != 1 && extent != own)
        fail(text, fmt::format("has extents {} and {} of one name", extent, own));
      if (own != 1) extent = own;
    }
  }
  std::set<char> seen;
  for (const char name : equation.result) {
    if (extents.count(name) == 0 || !seen.insert(name).second)
      fail(text, fmt::format("has '{}' on the right; accepted: names of the left, each once", name));
  }
  return extents;
}

std::vector<std::int64_t> strides_along(const std::string& loops, const std::string& names,
                                        const Dims& dims) {
  const std::vector<std::int64_t> own = row_major_strides(dims);
  std::vector<std::int64_t> strides(loops.size(), 0);
  for (std::size_t d = 0; d < names.size(); ++d)
    if (dims[d] != 1) strides[loops.find(names[d])] += own[d];
  return strides;
}

std::vector<Dims> extents_of(const std::vector<HostView>& operands) {
  std::vector<Dims> dims;
  std::transform(operands.begin(), operands.end(), std::back_inserter(dims),
                 [](const HostView& operand) { return operand.dims; });
  return dims;
}

HostTensor einsum(const HostOperator& op, const std::vector<HostView>& operands) {
  const std::string text = op.attributes.word("equation", "");
  const std::vector<Dims> dims = extents_of(operands);
  const Equation equation = parse(text, dims);
  const LetterExtents extents = extents_of(text, equation, dims);
  Dims result_dims, loop_dims;
  for (const char name : equation.result) result_dims.push_back(extents.at(name));
  const bool is_outline = has_outline(operands);
  HostTensor result = HostTensor::result(result_dims, is_outline);
  // The result's names first, so that its elements are summed one after the other.
  std::string loops = equation.result;
  for (const auto& [name, extent] : extents)
    if (loops.find(name) == std::string::npos) loops += name;
  for (const char name : loops) loop_dims.push_back(extents.at(name));
  const std::int64_t count = checked_count(loop_dims);
  if (is_outline || result.values.empty()) return result;
  std::vector<std::vector<std::int64_t>> strides;
  for (std::size_t i = 0; i < operands.size(); ++i)
    strides.push_back(strides_along(loops, equation.operands[i], dims[i]));
  Odometer at(loop_dims, std::move(strides));
  const std::int64_t terms = count / static_cast<std::int64_t>(result.values.size());
  for (float& value : result.values) {
    for (std::int64_t term = 0; term < terms; ++term, at.next()) {
      float product = 1;
      for (std::size_t i = 0; i < operands.size(); ++i) product *= operands[i].values[at.offset(i)];
      value += product;
    }
  }
  return result;
}

}  // namespace

std::int64_t einsum_macs(const HostOperator& op, const std::vector<Dims>& operands) {
  const std::string text = op.attributes.word("equation", "");
  Dims loops;
  for (const auto& [name, extent] : extents_of(text, parse(text, operands), operands))
    loops.push_back(extent);
  return element_count(loops) * (static_cast<std::int64_t>(operands.size()) - 1);
}

HostFunctions einsum_operators() {
  return {{"Einsum", einsum}};
}

}  // namespace bitbalance::host
