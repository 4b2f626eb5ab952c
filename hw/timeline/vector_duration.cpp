#include "hw/timeline/vector_duration.h"

#include "base/bits.h"

namespace bitbalance::timeline {
namespace {

/// Results are written one edge after the last of `reads`, and later where they pass more stages.
std::int64_t after_reads(std::int64_t reads, const AcceleratorConfig& config) {
  return reads + 1 + config.pipeline.result_delay();
}

}  // namespace

std::int64_t vector_duration(const Pool& pool, const AcceleratorConfig& config) {
  const std::int64_t groups = ceil_div(std::int64_t{pool.output_rows} * pool.output_columns, config.columns);
  return after_reads(std::int64_t{pool.images} * pool.channels * groups * pool.kernel_h * pool.kernel_w,
                     config);
}

std::int64_t vector_duration(const Add& add, const AcceleratorConfig& config) {
  return after_reads(2 * ceil_div(add.elements, config.columns), config);
}

std::int64_t vector_duration(const Lookup& lookup, const AcceleratorConfig& config) {
  return after_reads(ceil_div(lookup.elements, config.columns), config);
}

}  // namespace bitbalance::timeline
