#include "quant/onnx/file/fixed_extents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <stdexcept>

namespace bitbalance::onnx_io {
namespace {

class Solver {
 public:
  Solver(const std::vector<FixedShape>& inputs, std::map<std::string, std::int64_t> symbols)
      : inputs_(inputs), symbols_(std::move(symbols)) {
    for (const FixedShape& input : inputs) {
      for (std::size_t i = 0; i < input.extents.size(); ++i)
        if (!is_batch(input, i)) inner_.insert(input.extents[i].symbol);
    }
  }

  std::vector<Dims> run() {
    // What one input says may be what another lacks.
    while (solve_one()) {
    }
    std::vector<Dims> result;
    for (const FixedShape& input : inputs_) result.push_back(extents(input));
    return result;
  }

 private:
  static bool is_batch(const FixedShape& input, std::size_t i) { return i == 0 && input.extents.size() > 1; }

  /// 0: not known yet.
  std::int64_t known(const FixedShape& input, std::size_t i) const {
    const FileExtent& extent = input.extents[i];
    if (extent.number != 0) return extent.number;
    if (const auto found = symbols_.find(extent.symbol); found != symbols_.end()) return found->second;
    const bool has_own_symbol = extent.symbol.empty() || inner_.count(extent.symbol) == 0;
    return is_batch(input, i) && has_own_symbol ? 1 : 0;
  }

  /// Symbols that are not known yet; "" for each extent without one.
  std::multiset<std::string> open(const FixedShape& input) const {
    std::multiset<std::string> open;
    for (std::size_t i = 0; i < input.extents.size(); ++i)
      if (known(input, i) == 0) open.insert(input.extents[i].symbol);
    return open;
  }

  /// Whether the values of an input gave the extent that a symbol stands for.
  bool solve_one() {
    for (const FixedShape& input : inputs_) {
      const std::multiset<std::string> open = this->open(input);
      if (input.values == 1 || open.empty() || open.count(*open.begin()) != open.size() ||
          open.count("") != 0)
        continue;
      symbols_[*open.begin()] = solved(input, open.size());
      return true;
    }
    return false;
  }

  /// The extent that stands `times` times in an input and nowhere says its number.
  std::int64_t solved(const FixedShape& input, std::size_t times) const {
    std::int64_t others = 1;
    for (std::size_t i = 0; i < input.extents.size(); ++i) {
      const std::int64_t extent = std::max<std::int64_t>(known(input, i), 1);
      if (others > input.values / extent) refuse_number(input);  // and is no product beyond 64 bits
      others *= extent;
    }
    const double quotient = static_cast<double>(input.values) / static_cast<double>(others);
    const std::int64_t root = std::llround(std::pow(quotient, 1.0 / static_cast<double>(times)));
    std::int64_t elements = others;
    for (std::size_t i = 0; i < times && elements <= input.values; ++i) elements *= root;
    if (elements != input.values) refuse_number(input);
    return root;
  }

  Dims extents(const FixedShape& input) const {
    const std::multiset<std::string> open = this->open(input);
    Dims dims;
    for (std::size_t i = 0; i < input.extents.size(); ++i) dims.push_back(known(input, i));
    if (input.values != 1 && open.size() == 1 && open.count("") == 1) {
      for (std::int64_t& dim : dims)
        if (dim == 0) dim = solved(input, 1);
    }
    for (std::int64_t& dim : dims) {
      const bool is_free = input.extents.size() == 1 || open.count("") == open.size();
      if (dim == 0 && !is_free) refuse_open(input, open);
      if (dim == 0) dim = 1;
    }
    return dims;
  }

  [[noreturn]] static void refuse_number(const FixedShape& input) {
    throw std::invalid_argument(
        fmt::format("input '{}': {} values for {}; accepted: one, or one for each element", input.input,
                    input.values, shown(input)));
  }
  [[noreturn]] static void refuse_open(const FixedShape& input, const std::multiset<std::string>& open) {
    std::set<std::string> symbols(open.begin(), open.end());
    symbols.erase("");
    throw std::invalid_argument(fmt::format(
        "input '{}': {} is open; accepted: a symbol of another input, or, if it is the only open one of {}, "
        "one value for each element",
        input.input, fmt::join(symbols, ", "), shown(input)));
  }

  /// "[1, n, ?]".
  static std::string shown(const FixedShape& input) {
    std::vector<std::string> words;
    for (const FileExtent& extent : input.extents) {
      const std::string open = extent.symbol.empty() ? "?" : extent.symbol;
      words.push_back(extent.number != 0 ? std::to_string(extent.number) : open);
    }
    return fmt::format("[{}]", fmt::join(words, ", "));
  }

  const std::vector<FixedShape>& inputs_;
  std::map<std::string, std::int64_t> symbols_;
  std::set<std::string> inner_;  ///< symbols, "" among them, that stand at a place that is no batch
};

}  // namespace

std::vector<Dims> fixed_extents(const std::vector<FixedShape>& inputs,
                                std::map<std::string, std::int64_t> symbols) {
  return Solver(inputs, std::move(symbols)).run();
}

}  // namespace bitbalance::onnx_io
