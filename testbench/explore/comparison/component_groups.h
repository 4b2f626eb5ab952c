// The components of an accelerator in the groups that a comparison tells apart.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "base/text/enum_index.h"
#include "testbench/explore/comparison/figures.h"

namespace bitbalance::explore {

struct ComponentGroup {
  const char* name;
  const char* color;  ///< of the pages
  std::vector<Component> components;

  double energy_j(const DesignFigures& figures) const {
    double sum = 0;
    for (const Component c : components) sum += figures.energy[enum_index(c)].total_j();
    return sum;
  }
  double area_mm2(const DesignFigures& figures) const {
    double sum = 0;
    for (const Component c : components) sum += figures.area.component[enum_index(c)].total_mm2();
    return sum;
  }
};

/// Of the core: array, what feeds its rows, buffers, the rest.
inline const std::array<ComponentGroup, 4>& component_groups() {
  static const std::array<ComponentGroup, 4> groups = {
      {{"array", "unit-pe_array", {Component::kPeArray}},
       {"encoder", "unit-weight_encoder", {Component::kWeightEncoder}},
       {"buffers",
        "unit-buffers",
        {Component::kWeightBuffer, Component::kActivationBuffer, Component::kOutputBuffer,
         Component::kParameterBuffer}},
       {"other", "unit-other", {Component::kPostProcessor, Component::kDma, Component::kController}}}};
  return groups;
}

}  // namespace bitbalance::explore
