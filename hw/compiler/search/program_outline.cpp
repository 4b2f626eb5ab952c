#include "hw/compiler/search/program_outline.h"

#include <algorithm>

namespace bitbalance::compiler {
namespace {

class OutlineWalk {
 public:
  OutlineWalk(EngineEdges now, const IdealMemoryTiming& memory, int compute_gap)
      : now_(now),
        latency_(memory.latency_cycles),
        cycles_per_byte_(static_cast<double>(memory.bytes_per_cycle_denominator) /
                         static_cast<double>(memory.bytes_per_cycle_numerator)),
        compute_gap_(compute_gap) {}

  /// `read`: the last edge at which what it reads is stored; 0: not known. Returns that of its own results.
  Edge add(const LayerOutline& o, Edge read) {
    return o.has_array ? add_convolution(o, read) : add_vector(read);
  }
  Edge end() const { return std::max({now_.compute, now_.load, now_.store}); }

 private:
  Edge cycles(std::int64_t bytes, std::int64_t transfers) const {
    return static_cast<Edge>(static_cast<double>(bytes) * cycles_per_byte_) + transfers * latency_;
  }

  Edge add_convolution(const LayerOutline& o, Edge read) {
    // Weights, parameters, activations.
    constexpr int kFirstLoads = 3;
    const Edge loaded =
        std::max(now_.load + cycles(o.first_weight_bytes, kFirstLoads - 1), o.is_loaded_at_once ? read : 0) +
        cycles(o.first_input_bytes, 1);
    const Edge begin = std::max(now_.compute, loaded);
    const Edge alone =
        std::max(cycles(o.lone_load_bytes, o.lone_loads), cycles(o.lone_store_bytes, o.lone_stores));
    now_.compute = begin + o.demand.compute_cycles + alone - compute_gap_;
    now_.load = loaded + cycles(std::max<std::int64_t>(
                                    0, o.demand.read_bytes - o.first_weight_bytes - o.first_input_bytes),
                                std::max<std::int64_t>(0, o.demand.loads - kFirstLoads));
    if (o.reads_all_channels && read > 0) {
      const Edge last_loaded = read + cycles(o.last_input_bytes, 1);
      now_.load = std::max(now_.load, last_loaded);
      now_.compute = std::max(now_.compute, last_loaded + o.last_compute_cycles);
    }
    now_.compute = std::max(now_.compute, now_.load);  // nothing is loaded in vain
    now_.store = std::max(now_.compute + cycles(o.last_store_bytes, 1),
                          std::max(now_.store, begin) + cycles(o.demand.write_bytes, o.demand.stores));
    return now_.store;
  }

  Edge add_vector(Edge read) {
    now_.load = std::max(now_.load, read) + latency_;
    now_.store = std::max(now_.store, now_.load) + latency_;
    return now_.store;
  }

  EngineEdges now_;
  const Edge latency_;
  const double cycles_per_byte_;
  const int compute_gap_;
};

}  // namespace

Edge least_end(const ProgramOutline& outline, std::size_t first, EngineEdges now,
               const IdealMemoryTiming& memory, int compute_gap, std::vector<Edge>& stored) {
  OutlineWalk walk(now, memory, compute_gap);
  stored.resize(outline.layers.size());
  for (std::size_t i = first; i < outline.layers.size(); ++i) {
    const LayerOutline& layer = outline.layers[i];
    Edge read = 0;
    for (const std::size_t p : (*outline.producers)[i]) {
      const LayerOutline& producer = outline.layers[p];
      const bool reads_last =
          layer.input_rows_end > producer.last_row && layer.input_columns_end > producer.last_column;
      if (reads_last) read = std::max(read, stored[p]);
    }
    stored[i] = walk.add(layer, read);
  }
  return walk.end();
}

}  // namespace bitbalance::compiler
