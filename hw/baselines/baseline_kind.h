// What one of the other accelerators is: everything that sets it apart from the rest. A file of kinds/
// holds one, and its only object registers itself: no list in the code names it, CMakeLists.txt has the file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hw/baselines/baseline.h"
#include "hw/baselines/layer_cycles.h"
#include "hw/baselines/structure.h"

namespace bitbalance::baselines {

class SteppingPe;

class BaselineKind {
 public:
  struct Publication {
    int year, month;  ///< of the conference; 0: no publication of its own
  };

  virtual ~BaselineKind() = default;
  BaselineKind(const BaselineKind&) = delete;
  BaselineKind& operator=(const BaselineKind&) = delete;

  const char* name() const { return name_; }
  const Publication& published() const { return published_; }
  int published_lanes() const { return published_lanes_; }

  /// Throws ConfigError where it needs another number; any from 1 to 256 by default.
  virtual void check_lanes(int lanes) const;
  /// BaselineCycles::terms that a PE can add in a cycle; as many as lanes by default.
  virtual int terms_per_cycle(const Baseline& baseline, int weight_bits) const;

  /// Do its cycles depend on activations?
  virtual bool needs_activations() const = 0;
  /// `activations`: as layer_cycles() has them; empty where they are not needed. Precondition:
  /// check(baseline).
  virtual BaselineCycles cycles(const Baseline& baseline, const BaselineLayer& layer,
                                const std::vector<std::int16_t>& activations) const = 0;
  /// One PE, clock by clock.
  virtual std::unique_ptr<SteppingPe> make_pe(const Baseline& baseline, const BaselineLayer& layer) const = 0;
  /// What it is made of.
  virtual Structure structure(const Baseline& baseline, const BaselineWidths& widths) const = 0;

 protected:
  BaselineKind(const char* name, Publication published, int published_lanes) noexcept;

 private:
  friend std::vector<const BaselineKind*> baseline_kinds();

  const char* name_;
  Publication published_;
  int published_lanes_;
  const BaselineKind* next_;  ///< of those that registered
};

/// In the order in which they were published.
std::vector<const BaselineKind*> baseline_kinds();
/// nullptr: none has that name.
const BaselineKind* find_baseline(const std::string& name);

}  // namespace bitbalance::baselines
