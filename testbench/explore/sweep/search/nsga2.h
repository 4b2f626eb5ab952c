// NSGA-II (Deb, Pratap, Agarwal, Meyarivan: A fast and elitist multiobjective genetic algorithm, IEEE
// Transactions on Evolutionary Computation 6(2), 2002) over axes of a finite number of choices. Whoever uses
// it evaluates: the search asks for candidates and is told what they came to. The same answers give the same
// search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

#include "testbench/explore/sweep/search/pareto.h"

namespace bitbalance::explore {

/// A choice of each axis.
using Genome = std::vector<std::size_t>;

struct Candidate {
  Genome genome;
  Objectives objectives;  ///< less is better
  double violation = 0;   ///< of limits; 0: none. One with less always comes first
};

class Nsga2 {
 public:
  /// `sizes`: choices of each axis, each at least 1. Precondition: population > 1.
  Nsga2(std::vector<std::size_t> sizes, std::size_t population, std::uint64_t seed);

  /// The next generation, no genome that was asked for before; fewer than a population when chance finds no
  /// more.
  std::vector<Genome> ask();
  /// What that generation came to. The best of it and of those before are kept.
  void tell(const std::vector<Candidate>& generation);

  /// The best so far, at most a population, the first fronts first.
  const std::vector<Candidate>& best() const { return best_; }

 private:
  struct Standing {
    std::size_t front = 0;
    double crowding = 0;  ///< distance of its neighbours in the front; infinite at its ends
  };

  Genome random_genome();
  const Candidate& tournament();
  Genome child();
  std::size_t crossed(std::size_t a, std::size_t b, std::size_t size);
  std::size_t mutated(std::size_t value, std::size_t size);
  std::size_t rounded(double value, std::size_t size) const;
  double uniform();  ///< 0 <= value < 1
  std::size_t below(std::size_t bound) {
    return static_cast<std::size_t>(uniform() * static_cast<double>(bound));
  }
  static std::vector<Standing> standings(const std::vector<Candidate>& candidates);

  std::vector<std::size_t> sizes_;
  std::size_t population_;
  std::mt19937_64 random_;
  std::set<Genome> asked_;
  std::vector<Candidate> best_;
  std::vector<Standing> standings_;  ///< of best_
};

}  // namespace bitbalance::explore
