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
  /// The same with its times.
  Edge add(const LayerOutline& o, const LayerTimes& times, Edge read, const AcceleratorConfig& buffers) {
    const EngineEdges start = start_of(o, times, read, buffers);
    const Edge stored = add(o, read);
    const auto wait = [&](Edge begin, const LayerTimes::Ends& ends) {
      now_.compute = std::max(now_.compute, begin + ends.compute);
      now_.load = std::max(now_.load, begin + ends.load);
      now_.store = std::max(now_.store, begin + ends.store);
    };
    wait(start.compute, times.after_compute);
    wait(start.load, times.after_load);
    return std::max(stored, now_.store);
  }
  /// The layer has ended, and left its last regions in the buffers.
  void hold(const LayerTimes* times) {
    if (times == nullptr) {
      held_weights_ = held_activations_ = held_outputs_ = 0;
      return;
    }
    if (times->last_weights > 0) held_weights_ = times->last_weights;
    if (times->last_activations > 0) held_activations_ = times->last_activations;
    if (times->last_outputs > 0) held_outputs_ = times->last_outputs;
  }
  Edge end() const { return std::max({now_.compute, now_.load, now_.store}); }

 private:
  Edge cycles(std::int64_t bytes, std::int64_t transfers) const {
    return static_cast<Edge>(static_cast<double>(bytes) * cycles_per_byte_) + transfers * latency_;
  }

  /// Edges at which the array and the load engine take the layer's first commands at the earliest.
  EngineEdges start_of(const LayerOutline& o, const LayerTimes& times, Edge read,
                       const AcceleratorConfig& buffers) const {
    EngineEdges start = now_;
    // The first of these loads begins until_loaded after the first one of all.
    const auto first_load_after = [&](Edge edge) {
      start.load = std::max(start.load, edge - times.until_loaded);
    };
    // The last region of the layers ahead is free when the last compute or store has ended.
    const bool waits_for_store = held_outputs_ + times.first_outputs > buffers.output_buffer_bytes;
    if (!o.has_array) {
      if (waits_for_store) first_load_after(now_.store);
      return start;
    }
    if (o.is_loaded_at_once) first_load_after(read);
    if (held_weights_ + times.first_weights > buffers.weight_bank_bytes)
      start.load = std::max(start.load, now_.compute);
    if (held_activations_ + times.first_activations > buffers.activation_buffer_bytes)
      first_load_after(now_.compute);
    if (waits_for_store && times.first_compute_stores) start.compute = std::max(now_.compute, now_.store);
    return start;
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
  std::int64_t held_weights_ = 0, held_activations_ = 0, held_outputs_ = 0;  ///< by the last regions, bytes
};

}  // namespace

Edge least_end(const ProgramOutline& outline, std::size_t first, EngineEdges now,
               const IdealMemoryTiming& memory, int compute_gap, std::vector<Edge>& stored) {
  OutlineWalk walk(now, memory, compute_gap);
  stored.resize(outline.layers.size());
  for (std::size_t i = 0; i < first; ++i) walk.hold(outline.times[i]);
  for (std::size_t i = first; i < outline.layers.size(); ++i) {
    const LayerOutline& layer = outline.layers[i];
    Edge read = 0;
    for (const std::size_t p : (*outline.producers)[i]) {
      const LayerOutline& producer = outline.layers[p];
      const bool reads_last =
          layer.input_rows_end > producer.last_row && layer.input_columns_end > producer.last_column;
      if (reads_last) read = std::max(read, stored[p]);
    }
    const LayerTimes* const times = outline.times[i];
    stored[i] = times == nullptr ? walk.add(layer, read) : walk.add(layer, *times, read, *outline.buffers);
    walk.hold(times);
  }
  return walk.end();
}

}  // namespace bitbalance::compiler
