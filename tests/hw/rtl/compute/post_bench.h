// A post-processor alone, and random commands for it with what they should write.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "hw/rtl/compute/post_processor.h"
#include "tests/hw/rtl/engine_bench.h"
#include "tests/support/names.h"
#include "tests/support/reference_arithmetic.h"

namespace bitbalance::rtl::test {

using namespace bitbalance::test;

inline AcceleratorConfig small_config(const PipelineConfig& pipeline) {
  AcceleratorConfig config;
  config.pipeline = pipeline;
  config.rows = 8;
  config.columns = 8;
  config.output_buffer_bytes = 8192;
  config.parameter_buffer_bytes = 1024;
  return config;
}

struct PostBench : Bench {
  explicit PostBench(const PipelineConfig& pipeline = {}) : config(small_config(pipeline)) {
    attach(target_source, beat_source, sink, unit);
    unit.targets(targets);
    unit.beats(beats);
    unit.parameters(parameters);
    unit.tables(tables);
    unit.outputs(outputs);
    unit.completions(completions);
  }

  /// Queues a tile whose accumulator of (row, lane) is acc[row][lane], as the PE array drains it.
  void queue_tile(const DrainTarget& target, const std::vector<std::vector<std::int64_t>>& acc) {
    target_source.queue.push_back(target);
    if (target.rows == 0) {
      DrainBeat beat;
      beat.last_of_tile = true;
      beat_source.queue.push_back(beat);
    }
    for (unsigned row = 0; row < target.rows; ++row) {
      for (unsigned first = 0; first < target.lanes; first += 8) {
        DrainBeat beat;
        beat.row = static_cast<std::uint16_t>(row);
        beat.first_lane = static_cast<std::uint16_t>(first);
        beat.lanes = static_cast<std::uint16_t>(std::min(8u, target.lanes - first));
        beat.last_of_tile = row + 1 == target.rows && first + 8 >= target.lanes;
        for (unsigned i = 0; i < beat.lanes; ++i) beat.value[i] = acc[row][first + i];
        beat_source.queue.push_back(beat);
      }
    }
  }
  bool wait_for(std::size_t completions_in_all) {
    return run_until([&] { return sink.received.size() == completions_in_all; });
  }
  void stall_all(unsigned percent) {
    stall(targets, percent);
    stall(beats, percent);
    stall(completions, percent);
  }

  const AcceleratorConfig config;
  Profile profile;
  ParameterBuffer parameters{config};
  LookupTables tables;
  OutputBuffer outputs{config};
  Channel<DrainTarget> targets{"targets"};
  Channel<DrainBeat> beats{"beats"};
  Channel<Completion> completions{"completions"};
  Source<DrainTarget> target_source{"target_source", targets};
  Source<DrainBeat> beat_source{"beat_source", beats};
  Sink<Completion> sink{"sink", completions};
  PostProcessor unit{"post_processor", config, profile};
};

inline int pick(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

/// A command's tiles over rows x columns pixels, pooled or not, against the formula of docs/numbers.md.
class RandomCommand {
 public:
  /// `lookup`: commands may ask a table.
  explicit RandomCommand(PostBench& bench, bool lookup) : bench_(bench) {
    draw(lookup);
    for (int r = 0; r < common_.rows; ++r) {
      bench.parameters.write(
          static_cast<std::uint32_t>(common_.parameter + r),
          {*rc::gen::inRange(-(std::int64_t{1} << 46), std::int64_t{1} << 46),
           static_cast<std::uint16_t>(pick(0, 65535)), static_cast<std::uint8_t>(pick(0, 47))});
    }
    table_ = noise(LookupTable::kBytes, static_cast<std::uint32_t>(pick(1, 1000)));
    for (std::uint32_t i = 0; i < table_.size(); ++i) bench.tables.write(command_.table, i, table_[i]);
    before_ = noise(8192, static_cast<std::uint32_t>(pick(1, 1000)));
    for (std::uint32_t i = 0; i < before_.size(); ++i) bench.outputs.write(i, Width::k8, before_[i]);
  }

  void run() {
    const int lanes = command_.width == Width::k16 ? 8 : 16;
    for (int first = 0; first < pixels_; first += lanes) queue_tile(first, std::min(lanes, pixels_ - first));
    bench_.profile.clear();
    const std::size_t already = bench_.sink.received.size();
    RC_ASSERT(bench_.wait_for(already + 1));
    RC_ASSERT(bench_.sink.received.back().layer == 1);
  }

  void check() const {
    const std::uint32_t elements = command_.width == Width::k16 ? 4096 : 8192;
    for (std::uint32_t i = 0; i < elements; ++i) {
      const auto place = results_.find(i);
      RC_ASSERT(bench_.outputs.read(i, command_.width, command_.output_signed) ==
                (place == results_.end() ? untouched(i) : place->second));
    }
    const EventCounts& events = bench_.profile.layer(1).events;
    const std::int64_t operands = command_.operand ? written_ : 0;
    RC_ASSERT(events[Event::kParameterRead] == beats_);
    RC_ASSERT(events[Event::kRequantize] == std::int64_t{common_.rows} * pixels_ + operands);
    RC_ASSERT(events[Event::kOutputBufferWrite] == written_);
    RC_ASSERT(events[Event::kOutputBufferRead] == compared_ + operands);
    RC_ASSERT(events[Event::kPoolElement] == (pooled_ ? written_ : 0));
    RC_ASSERT(events[Event::kLookup] == (command_.lookup ? written_ : 0));
  }

 private:
  void draw(bool lookup) {
    command_.width = *rc::gen::element(Width::k8, Width::k16);
    command_.output_signed = command_.width == Width::k16 || *rc::gen::arbitrary<bool>();
    command_.clip_low = command_.output_signed ? -100 : 0;
    command_.clip_high = static_cast<std::int16_t>(command_.width == Width::k16 ? 30000
                                                   : command_.output_signed     ? 127
                                                                                : 255);
    command_.lookup = lookup && *rc::gen::arbitrary<bool>();
    command_.table = static_cast<std::uint8_t>(pick(0, 1));
    pooled_ = *rc::gen::arbitrary<bool>();
    command_.operand = !pooled_ && *rc::gen::arbitrary<bool>();
    command_.operand_signed = *rc::gen::arbitrary<bool>();
    command_.operand_multiplier = static_cast<std::uint16_t>(pick(0, 65535));
    command_.operand_shift = static_cast<std::uint8_t>(pick(0, 20));
    command_.pool_h = static_cast<std::uint8_t>(pooled_ ? pick(1, 3) : 1);
    command_.pool_w = static_cast<std::uint8_t>(pooled_ ? pick(2, 3) : 1);
    const int rows = pick(1, 6);
    columns_ = pick(command_.pool_w, 9);
    pixels_ = rows * columns_;
    pooled_rows_ = rows / command_.pool_h;
    pooled_columns_ = columns_ / command_.pool_w;
    base_ = pick(0, 40);
    common_.layer = 1;
    common_.rows = static_cast<std::uint16_t>(pick(1, 8));
    common_.parameter = static_cast<std::uint16_t>(pick(0, 50));
    common_.row_pitch = static_cast<std::uint32_t>(std::max(1, pooled_rows_ * pooled_columns_));
  }

  void queue_tile(int first, int lanes) {
    DrainTarget target = common_;
    target.lanes = static_cast<std::uint16_t>(lanes);
    target.last_of_command = first + lanes >= pixels_;
    for (int lane = 0; lane < lanes; ++lane) {
      const int y = (first + lane) / columns_, x = (first + lane) % columns_;
      const int py = y / command_.pool_h, px = x / command_.pool_w;
      const bool dropped = py >= pooled_rows_ || px >= pooled_columns_;
      target.address[lane] =
          dropped ? DrainTarget::kDropped : static_cast<std::uint32_t>(base_ + py * pooled_columns_ + px);
      target.first_of_pool[lane] = y % command_.pool_h == 0 && x % command_.pool_w == 0;
    }
    std::vector<std::vector<std::int64_t>> acc(target.rows, std::vector<std::int64_t>(target.lanes));
    const std::int64_t limit = std::int64_t{1} << (bits() - 1);
    for (int r = 0; r < target.rows; ++r) {
      for (int lane = 0; lane < lanes; ++lane) {
        acc[r][lane] =
            *rc::gen::oneOf(rc::gen::inRange(-limit, limit), rc::gen::inRange<std::int64_t>(-30000, 30000));
        if (target.address[lane] != DrainTarget::kDropped)
          expect(target.address[lane] + r * common_.row_pitch, r, acc[r][lane]);
      }
    }
    beats_ += target.rows * ((lanes + 7) / 8);
    bench_.queue_tile(target, acc);
  }

  void expect(std::uint32_t address, int row, std::int64_t accumulator) {
    const ParameterEntry& p = bench_.parameters.read(static_cast<std::uint32_t>(common_.parameter + row));
    std::int64_t value =
        reference_rescaled(reference_wrapped(Int128{accumulator} + p.bias, bits()), p.multiplier, p.shift);
    if (command_.operand) {
      value += reference_rescaled(bench_.outputs.read(address, command_.width, command_.operand_signed),
                                  command_.operand_multiplier, command_.operand_shift);
    }
    int result = static_cast<int>(std::clamp<std::int64_t>(value, command_.clip_low, command_.clip_high));
    if (command_.lookup) {
      result = static_cast<int>(reference_looked_up(table_, result, command_.width == Width::k16));
      if (command_.width == Width::k8 && command_.output_signed) result = static_cast<std::int8_t>(result);
    }
    const auto [seen, is_first] = results_.emplace(address, result);
    if (!is_first) {
      seen->second = std::max(result, seen->second);
      ++compared_;
    }
    ++written_;
  }

  int bits() const { return bench_.config.accumulator_bits(command_.width); }
  int untouched(std::uint32_t element) const {
    const int low = before_[command_.width == Width::k16 ? 2 * element : element];
    if (command_.width == Width::k16) return static_cast<std::int16_t>(low | before_[2 * element + 1] << 8);
    return command_.output_signed ? static_cast<std::int8_t>(low) : low;
  }

  PostBench& bench_;
  DrainTarget common_;
  Compute& command_ = common_.command;
  bool pooled_ = false;
  int columns_ = 0, pixels_ = 0, pooled_rows_ = 0, pooled_columns_ = 0;
  int base_ = 0;
  std::vector<std::uint8_t> table_, before_;
  std::map<std::uint32_t, int> results_;  ///< by address
  std::int64_t written_ = 0, compared_ = 0, beats_ = 0;
};

inline void check_random_command(PostBench& bench) {
  RandomCommand command(bench, true);
  command.run();
  command.check();
}

}  // namespace bitbalance::rtl::test
