// The search against functions whose fronts are known (Zitzler, Deb, Thiele: Comparison of multiobjective
// evolutionary algorithms, Evolutionary Computation 8(2), 2000), and the front against its definition.
#include <rapidcheck.h>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "testbench/explore/sweep/search/nsga2.h"

namespace bitbalance::explore {
namespace {

constexpr std::size_t kVariables = 30;
constexpr std::size_t kLevels = 1001;
constexpr double kPi = 3.14159265358979323846;

using Shape = double (*)(double f1, double g);

double zdt1(double f1, double g) {
  return 1 - std::sqrt(f1 / g);
}
double zdt2(double f1, double g) {
  return 1 - (f1 / g) * (f1 / g);
}
double zdt3(double f1, double g) {
  return 1 - std::sqrt(f1 / g) - (f1 / g) * std::sin(10 * kPi * f1);
}

Objectives zdt(const Genome& genome, Shape shape) {
  const auto x = [&](std::size_t i) { return static_cast<double>(genome[i]) / (kLevels - 1); };
  double sum = 0;
  for (std::size_t i = 1; i < kVariables; ++i) sum += x(i);
  const double g = 1 + 9 * sum / (kVariables - 1);
  return {x(0), g * shape(x(0), g)};
}

/// Points of the front: those with g = 1 that no other dominates.
std::vector<Objectives> known_front(Shape shape) {
  std::vector<Objectives> all, front;
  for (std::size_t i = 0; i < kLevels; ++i) {
    const double f1 = static_cast<double>(i) / (kLevels - 1);
    all.push_back({f1, shape(f1, 1)});
  }
  for (const std::size_t i : pareto_front(all)) front.push_back(all[i]);
  return front;
}

double distance(const Objectives& point, const std::vector<Objectives>& front) {
  double least = 1e9;
  for (const Objectives& other : front)
    least = std::min(least, std::hypot(point[0] - other[0], point[1] - other[1]));
  return least;
}

double mean_distance(const std::vector<Objectives>& points, const std::vector<Objectives>& front) {
  double sum = 0;
  for (const Objectives& point : points) sum += distance(point, front);
  return sum / static_cast<double>(points.size());
}

std::vector<Objectives> searched(Shape shape, std::uint64_t seed, std::size_t generations = 250) {
  Nsga2 search(std::vector<std::size_t>(kVariables, kLevels), 100, seed);
  for (std::size_t i = 0; i < generations; ++i) {
    std::vector<Candidate> generation;
    for (const Genome& genome : search.ask()) generation.push_back({genome, zdt(genome, shape), 0});
    search.tell(generation);
  }
  std::vector<Objectives> found;
  for (const Candidate& candidate : search.best()) found.push_back(candidate.objectives);
  return found;
}

TEST_CASE("the search finds the fronts of ZDT1, ZDT2 and ZDT3, all of them") {
  for (const Shape shape : {&zdt1, &zdt2, &zdt3}) {
    for (const std::uint64_t seed : {1, 2, 3}) {
      const std::vector<Objectives> found = searched(shape, seed), front = known_front(shape);
      CAPTURE(shape == &zdt1, shape == &zdt2, seed);
      CHECK(found.size() == 100);
      CHECK(mean_distance(found, front) < 0.01);  // it is on the front
      CHECK(mean_distance(front, found) < 0.02);  // and all along it
    }
  }
}

TEST_CASE("the same answers give the same search") {
  CHECK(searched(&zdt1, 5, 20) == searched(&zdt1, 5, 20));
  CHECK(searched(&zdt1, 5, 20) != searched(&zdt1, 6, 20));
}

TEST_CASE("a small space is asked for whole, each genome once") {
  Nsga2 search({3, 1, 4}, 6, 1);
  std::set<Genome> asked;
  for (int i = 0; i < 40; ++i) {
    std::vector<Candidate> generation;
    for (const Genome& genome : search.ask()) {
      CHECK(asked.insert(genome).second);
      generation.push_back({genome, {static_cast<double>(genome[0]), -static_cast<double>(genome[2])}, 0});
    }
    search.tell(generation);
  }
  CHECK(asked.size() == 12);
  CHECK(search.best().front().genome == Genome{0, 0, 3});
}

TEST_CASE("what keeps the limits comes ahead of what does not, however good") {
  Nsga2 search({10}, 4, 1);
  std::vector<Candidate> told;
  for (std::size_t i = 0; i < 10; ++i)
    told.push_back({{i}, {static_cast<double>(i)}, i < 7 ? 7.0 - static_cast<double>(i) : 0.0});
  search.tell(told);
  REQUIRE(search.best().size() == 4);
  CHECK(search.best()[0].genome == Genome{7});
  CHECK(search.best()[3].genome == Genome{6});
}

TEST_CASE("a front is what no candidate dominates") {
  CHECK(rc::check("by definition", [] {
    const auto count = *rc::gen::inRange(0, 40);
    std::vector<Objectives> all;
    for (int i = 0; i < count; ++i) {
      Objectives objectives;
      for (int o = 0; o < 3; ++o) objectives.push_back(*rc::gen::inRange(0, 6));
      all.push_back(objectives);
    }
    std::vector<std::size_t> expected;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (std::none_of(all.begin(), all.end(),
                       [&](const Objectives& other) { return dominates(other, all[i]); }))
        expected.push_back(i);
    }
    RC_ASSERT(pareto_front(all) == expected);
  }));
}

}  // namespace
}  // namespace bitbalance::explore
