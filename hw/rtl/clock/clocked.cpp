#include "hw/rtl/clock/clocked.h"

#include "hw/rtl/clock/clock_domain.h"

namespace bitbalance::rtl {
namespace {

constexpr std::int64_t kNoEdge = -1;

}  // namespace

Clocked::Clocked(const sc_core::sc_module_name& name) : sc_module(name), edge_(&kNoEdge) {}

Clocked::~Clocked() {
  if (domain_ != nullptr) domain_->leave(*this);
}

void Clocked::end_of_elaboration() {
  domain_ = ClockDomain::of(*clk.operator->(), *rst.operator->());
  domain_->enter(*this);
}

void Clocked::rouse_domain() {
  if (domain_ != nullptr) domain_->rouse();
}

void Clocked::sleep(std::int64_t at_latest) {
  domain_->sleep(*this, at_latest);
}

}  // namespace bitbalance::rtl
