// Scales of a filter, and fixed-point factors.
#include "quant/method/weights/weight_quantizer.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "quant/ir/rescale.h"
#include "tests/support/names.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

std::vector<float> any_filter() {
  return *rc::gen::nonEmpty(rc::gen::container<std::vector<float>>(
      rc::gen::map(rc::gen::inRange(-10000, 10000), [](int n) { return static_cast<float>(n) / 20000.0F; })));
}

std::vector<std::int16_t> rounded(const std::vector<float>& filter, const RepresentableSet& set,
                                  double scale) {
  std::vector<std::int16_t> weights(filter.size());
  round_weights(filter.data(), filter.size(), set, scale, weights.data());
  return weights;
}

double squared_error(const std::vector<float>& filter, const RepresentableSet& set, double scale) {
  const std::vector<std::int16_t> weights = rounded(filter, set, scale);
  double sum = 0;
  for (std::size_t i = 0; i < filter.size(); ++i) sum += std::pow(filter[i] - weights[i] * scale, 2);
  return sum;
}

/// Of channels x rows x columns, each row and column with a spread of its own, and some weights far outside.
std::vector<float> structured_filter() {
  const int rows = *rc::gen::inRange(1, 8), columns = *rc::gen::inRange(1, 8);
  const int channels = *rc::gen::inRange(4096 / (rows * columns) + 1, 30000 / (rows * columns));
  const auto spreads = [](int count) {
    return *rc::gen::container<std::vector<int>>(count, rc::gen::element(1, 7, 20, 20, 20));
  };
  const std::vector<int> of_rows = spreads(rows), of_columns = spreads(columns);
  std::mt19937 random(*rc::gen::inRange<std::uint32_t>(0, 1 << 30));
  std::normal_distribution<float> normal;
  std::vector<float> filter;
  for (int c = 0; c < channels; ++c)
    for (const int row : of_rows)
      for (const int column : of_columns) filter.push_back(normal(random) * static_cast<float>(row * column));
  for (int outliers = *rc::gen::inRange(0, 4); outliers > 0; --outliers)
    filter[random() % filter.size()] *= 5;
  return filter;
}

/// Least squared error of what search_scale tries for a filter of up to 4096 weights.
double least_squared_error(const std::vector<float>& filter, const RepresentableSet& set, double absmax) {
  double best = absmax, least = squared_error(filter, set, absmax);
  const auto consider = [&](double scale) {
    const double error = squared_error(filter, set, scale);
    if (error >= least) return;
    least = error;
    best = scale;
  };
  double largest = 0;
  for (const float weight : filter) largest = std::max<double>(largest, std::abs(weight));
  for (int i = -16; i <= 8; ++i) consider(largest / set.magnitudes().back() * std::exp2(i / 8.0));
  const double coarse = best;
  for (int i = -7; i <= 7; ++i) consider(coarse * std::exp2(i / 64.0));
  return least;
}

}  // namespace

TEST_CASE("the abs-max scale maps the largest weight to the largest magnitude") {
  const std::vector<float> filter = {0.25F, -0.5F, 0.125F};
  CHECK(absmax_scale(filter.data(), filter.size(), 8) == Approx(0.5 / 127));
  CHECK(absmax_scale(filter.data(), filter.size(), 2) == Approx(0.5));
  const std::vector<float> zeros(4, 0.0F);
  CHECK(absmax_scale(zeros.data(), zeros.size(), 8) == 0);
}

TEST_CASE("a zero filter stays zero") {
  const RepresentableSet set(8, 3, TokenForm::kBinary);
  const std::vector<float> zeros(4, 0.0F);
  CHECK(search_scale(zeros.data(), zeros.size(), set, 0) == 0);
  CHECK(rounded(zeros, set, 0) == std::vector<std::int16_t>(4, 0));
}

TEST_CASE("the searched scale never has a larger error than abs-max") {
  CHECK(rc::check("any filter, any limit", [] {
    const std::vector<float> filter = any_filter();
    const int weight_bits = *rc::gen::inRange(2, 17);
    const int nnzb = *rc::gen::inRange(1, weight_bits);
    const RepresentableSet set(weight_bits, nnzb,
                               *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit));
    const double absmax = absmax_scale(filter.data(), filter.size(), weight_bits);
    const double searched = search_scale(filter.data(), filter.size(), set, absmax);
    RC_ASSERT(squared_error(filter, set, searched) <= squared_error(filter, set, absmax) * (1 + 1e-9));
  }));
}

TEST_CASE("the searched scale of a long filter fits every row and column of its kernel") {
  CHECK(rc::check("any kernel, any limit", [] {
    const std::vector<float> filter = structured_filter();
    const int weight_bits = *rc::gen::inRange(2, 17);
    const RepresentableSet set(weight_bits, *rc::gen::inRange(1, weight_bits),
                               *rc::gen::element(TokenForm::kBinary, TokenForm::kSignedDigit));
    const double absmax = absmax_scale(filter.data(), filter.size(), weight_bits);
    const double searched =
        squared_error(filter, set, search_scale(filter.data(), filter.size(), set, absmax));
    RC_ASSERT(searched <= squared_error(filter, set, absmax) * (1 + 1e-9));
    RC_ASSERT(searched <= least_squared_error(filter, set, absmax) * 1.6);  // 2 dB
  }));
}

TEST_CASE("the searched scale is the first of least error, weight after weight") {
  CHECK(rc::check("any filter, any limit", [] {
    std::vector<float> filter = any_filter();
    while (filter.size() < 200 && *rc::gen::inRange(0, 2) == 0) {  // longer than what is judged at a time
      const std::vector<float> more = filter;
      filter.insert(filter.end(), more.begin(), more.end());
    }
    const int weight_bits = *rc::gen::inRange(2, 17);
    const RepresentableSet set(weight_bits, *rc::gen::inRange(1, weight_bits), TokenForm::kBinary);
    const double absmax = absmax_scale(filter.data(), filter.size(), weight_bits);
    RC_PRE(absmax > 0);
    const auto error_of = [&](double scale) {
      double sum = 0;
      for (const float weight : filter) {
        const double steps = std::abs(weight) * (1 / scale);
        const double error = steps - set.nearest_magnitude(steps);
        sum += error * error;
      }
      return sum * scale * scale;
    };
    double best = absmax, least = error_of(absmax);
    const auto consider = [&](double scale) {
      const double error = error_of(scale);
      if (error >= least) return;
      least = error;
      best = scale;
    };
    const double largest = absmax * ((1 << (weight_bits - 1)) - 1);
    const double reference = static_cast<double>(static_cast<float>(largest)) / set.magnitudes().back();
    for (int i = -16; i <= 8; ++i) consider(reference * std::exp2(i / 8.0));
    const double coarse = best;
    for (int i = -7; i <= 7; ++i) consider(coarse * std::exp2(i / 64.0));
    RC_ASSERT(search_scale(filter.data(), filter.size(), set, absmax) == best);
  }));
}

TEST_CASE("the searched scale finds weights that are powers of two exactly") {
  const std::vector<float> filter = {0.4F, -0.2F, 0.1F, 0.05F};
  const RepresentableSet set(8, 1, TokenForm::kBinary);
  const double absmax = absmax_scale(filter.data(), filter.size(), 8);
  CHECK(squared_error(filter, set, absmax) > 1e-3);
  CHECK(squared_error(filter, set, search_scale(filter.data(), filter.size(), set, absmax)) < 1e-12);
}

TEST_CASE("a rescale is the nearest 16-bit multiplier with the largest shift") {
  CHECK(make_rescale(1.0).multiplier == 32768);
  CHECK(make_rescale(1.0).shift == 15);
  CHECK(make_rescale(0.0).multiplier == 0);
  CHECK(make_rescale(65535.0).multiplier == 65535);
  CHECK(make_rescale(65535.0).shift == 0);
  // 65535.9 / 2^17 would round to 65536, which takes 17 bits.
  CHECK(make_rescale(std::ldexp(65535.9, -17)).multiplier == 32768);
  CHECK(make_rescale(std::ldexp(65535.9, -17)).shift == 16);

  CHECK(rc::check("any factor the shift can normalise", [] {
    const double factor = std::ldexp(*rc::gen::inRange(1 << 20, 1 << 21), *rc::gen::inRange(-52, -5));
    const Rescale rescale = make_rescale(factor);
    RC_ASSERT(rescale.multiplier >= 32768);
    RC_ASSERT(rescale.shift <= kLargestRescaleShift);
    RC_ASSERT(std::abs(std::ldexp(rescale.multiplier, -rescale.shift) / factor - 1) <= std::ldexp(1, -16));
  }));
}

TEST_CASE("a rescale below 2^-32 keeps the largest shift and loses bits") {
  CHECK(make_rescale(std::ldexp(1, -40)).shift == 47);
  CHECK(make_rescale(std::ldexp(1, -40)).multiplier == 128);
  CHECK(make_rescale(1e-30).multiplier == 0);
}

TEST_CASE("a factor that no rescale expresses is refused") {
  CHECK_THROWS_AS(make_rescale(-1.0), std::invalid_argument);
  CHECK_THROWS_AS(make_rescale(std::nan("")), std::invalid_argument);
  CHECK_THROWS_AS(make_rescale(INFINITY), std::invalid_argument);
}

TEST_CASE("a factor above the largest multiplier is that, as either saturates") {
  const Rescale largest = make_rescale(1e33);
  CHECK(largest.multiplier == 65535);
  CHECK(largest.shift == 0);
}
