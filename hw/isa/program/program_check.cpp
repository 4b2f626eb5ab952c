#include "hw/isa/program/program_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text/enum_index.h"
#include "hw/isa/command/command_check.h"
#include "hw/isa/program/command_accesses.h"
#include "hw/isa/program/command_order.h"

namespace bitbalance::isa {
namespace {

using Index = CommandOrder::Index;

/// Whether `compute` finds in the array what `before` left there for it: partial sums of the same tile.
bool continues(const Compute& compute, const Compute* before) {
  const auto pixels = [](const Compute& c) { return std::int64_t{c.images} * c.rows * c.columns; };
  return before != nullptr && !before->last_chunk && before->width == compute.width &&
         before->output_channels == compute.output_channels && pixels(*before) == pixels(compute);
}

class SynchronizationCheck {
 public:
  SynchronizationCheck(const Program& program, const AcceleratorConfig& config)
      : commands_(program.commands),
        performed_(is_performed_each(program, config)),
        order_(program.commands, config, [this](Index i) { return performed_[i]; }),
        accesses_(program.commands.size()) {
    for (int e = 0; e < kEngines; ++e) {
      for (const Index i : order_.started(static_cast<Engine>(e)))
        if (performed_[i]) accesses_[i] = accesses_of(commands_[i], config);
    }
  }

  std::string flaw() const {
    for (int e = 0; e < kEngines; ++e) {
      for (const Index i : order_.started(static_cast<Engine>(e)))
        if (std::string flaw = flaw_of(i); !flaw.empty()) return flaw;
    }
    if (std::string flaw = flaw_of_sums(); !flaw.empty()) return flaw;
    for (int a = 0; a < kEngines; ++a) {
      for (int b = a + 1; b < kEngines; ++b) {
        if (std::string flaw = flaw_between(static_cast<Engine>(a), static_cast<Engine>(b)); !flaw.empty())
          return flaw;
      }
    }
    return {};
  }

 private:
  static std::vector<bool> is_performed_each(const Program& program, const AcceleratorConfig& config) {
    RegionMap regions;  // relocatable: any base will do
    regions.bytes[static_cast<int>(Region::kConstants)] = program.constants_bytes;
    regions.bytes[static_cast<int>(Region::kData)] = program.data_bytes;
    std::vector<bool> performed;
    performed.reserve(program.commands.size());
    for (const Command& command : program.commands)
      performed.push_back(check(command, config, regions) == ProgramFault::kNone);
    return performed;
  }

  std::string named(Index i) const { return fmt::format("{} ({})", i, name_of(commands_[i])); }

  /// Of a command for itself.
  std::string flaw_of(Index i) const {
    for (const Access& written : accesses_[i]) {
      if (!written.writes) continue;
      if (const auto byte = repeated_byte(written.bytes)) {
        return fmt::format("command {} writes byte {} of the {} twice", named(i), *byte,
                           to_string(written.storage));
      }
      if (engine_of(commands_[i]) != Engine::kVector) continue;
      for (const Access& read : accesses_[i]) {
        if (read.writes || read.storage != written.storage || is_same_element(i, read, written)) continue;
        if (const auto byte = common_byte(read.bytes, written.bytes)) {
          return fmt::format("command {} writes its results over byte {} of its input in the {}", named(i),
                             *byte, to_string(read.storage));
        }
      }
    }
    return {};
  }
  /// Add and Lookup read each element before they write the one in its place.
  bool is_same_element(Index i, const Access& read, const Access& written) const {
    const auto& body = commands_[i].body;
    return (std::holds_alternative<Add>(body) || std::holds_alternative<Lookup>(body)) &&
           read.bytes.begin == written.bytes.begin;
  }

  std::string flaw_of_sums() const {
    const Compute* before = nullptr;
    for (const Index i : order_.started(Engine::kCompute)) {
      if (!performed_[i]) continue;
      const Compute& compute = std::get<Compute>(commands_[i].body);
      if (!compute.first_chunk && !continues(compute, before)) {
        return fmt::format(
            "command {} goes on with partial sums, and no Compute before it left any of the same tile",
            named(i));
      }
      before = &compute;
    }
    return {};
  }

  std::string flaw_between(Engine a, Engine b) const {
    const std::vector<Index>& of_a = order_.started(a);
    const std::vector<Index>& of_b = order_.started(b);
    for (std::size_t j = 0; j < of_b.size(); ++j) {
      // Those that need not have completed before, up to the first that always starts after.
      for (std::size_t i = order_.before(b, j)[enum_index(a)];
           i < of_a.size() && order_.before(a, i)[enum_index(b)] <= j; ++i) {
        if (std::string flaw = conflict(of_a[i], of_b[j]); !flaw.empty()) return flaw;
      }
    }
    return {};
  }

  std::string conflict(Index a, Index b) const {
    for (const Access& x : accesses_[a]) {
      for (const Access& y : accesses_[b]) {
        if (x.storage != y.storage || !(x.writes || y.writes)) continue;
        if (const auto byte = common_byte(x.bytes, y.bytes)) {
          return fmt::format(
              "commands {} and {} both use byte {} of the {}, and no dependence flags order them",
              named(std::min(a, b)), named(std::max(a, b)), *byte, to_string(x.storage));
        }
      }
    }
    return {};
  }

  const std::vector<Command>& commands_;
  std::vector<bool> performed_;
  CommandOrder order_;
  std::vector<std::vector<Access>> accesses_;
};

}  // namespace

std::string synchronization_flaw(const Program& program, const AcceleratorConfig& config) {
  return SynchronizationCheck(program, config).flaw();
}

void require_synchronized(const Program& program, const AcceleratorConfig& config) {
  const std::string flaw = synchronization_flaw(program, config);
  if (flaw.empty()) return;
  throw std::invalid_argument(fmt::format("program of layer {}: {}; accepted: well-synchronized programs",
                                          program.layers.empty() ? "?" : program.layers.front().name, flaw));
}

}  // namespace bitbalance::isa
