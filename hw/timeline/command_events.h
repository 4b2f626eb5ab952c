// The events of a command in closed form: what the units of the clocked level count while they perform it.
#pragma once

#include "hw/isa/account/events.h"
#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/timeline/compute/pixel_tiles.h"
#include "hw/timeline/transfer/transfer_timing.h"
#include "hw/timeline/weights/row_group_steps.h"

namespace bitbalance::timeline {

void count_events(const LoadWeights& load, const TransferCost& cost, int burst_bytes, EventCounts& events);
void count_events(const LoadParameters& load, const TransferCost& cost, int burst_bytes, EventCounts& events);
void count_events(const LoadTable& load, const TransferCost& cost, int burst_bytes, EventCounts& events);
void count_events(const LoadActivations& load, const TransferCost& cost, int burst_bytes,
                  EventCounts& events);
void count_events(const LoadOutputs& load, const TransferCost& cost, int burst_bytes, EventCounts& events);
void count_events(const Compute& compute, const PixelTiles& tiles, const RowGroupSteps* groups,
                  const AcceleratorConfig& config, EventCounts& events);
void count_events(const Pool& pool, const AcceleratorConfig& config, EventCounts& events);
void count_events(const Add& add, const AcceleratorConfig& config, EventCounts& events);
void count_events(const Lookup& lookup, const AcceleratorConfig& config, EventCounts& events);
void count_events(const Store& store, const TransferCost& cost, EventCounts& events);

}  // namespace bitbalance::timeline
