// Cutting transfers into runs, bursts, lines and words: every byte once, every element once.
#include "hw/isa/transfer/dma_walk.h"
#include "tests/support/names.h"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <vector>

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

int pick(int low, int high) {
  return *rc::gen::inRange(low, high + 1);
}

TensorSlice any_slice() {
  TensorSlice slice;
  slice.images = static_cast<std::uint16_t>(pick(1, 3));
  slice.channels = static_cast<std::uint16_t>(pick(1, 4));
  slice.rows = static_cast<std::uint16_t>(pick(1, 6));
  slice.columns = static_cast<std::uint16_t>(pick(1, 40));
  slice.width = *rc::gen::element(Width::k8, Width::k16);
  const int size = slice.width == Width::k16 ? 2 : 1;
  slice.row_gap = static_cast<std::uint32_t>(size * pick(0, 1) * pick(0, 40));
  slice.channel_pitch = slice.rows * (static_cast<std::uint32_t>(size * slice.columns) + slice.row_gap) +
                        static_cast<std::uint32_t>(size * pick(0, 2) * pick(0, 30));
  slice.image_pitch =
      slice.channel_pitch * slice.channels + static_cast<std::uint32_t>(size * pick(0, 2) * pick(0, 50));
  slice.dram_offset = static_cast<std::uint32_t>(size * pick(0, 200));
  return slice;
}

LoadTensor any_load() {
  LoadTensor load;
  load.slice = any_slice();
  if (*rc::gen::arbitrary<bool>()) {
    load.pad_top = static_cast<std::uint8_t>(pick(0, 3));
    load.pad_left = static_cast<std::uint8_t>(pick(0, 3));
    load.pad_bottom = static_cast<std::uint8_t>(pick(0, 3));
    load.pad_right = static_cast<std::uint8_t>(pick(0, 3));
  }
  if (*rc::gen::arbitrary<bool>()) {
    load.stride_h = static_cast<std::uint8_t>(pick(1, 4));
    load.stride_w = static_cast<std::uint8_t>(pick(1, 4));
  }
  load.base = static_cast<std::uint32_t>(pick(0, 100));
  load.image_stride = static_cast<std::uint32_t>(load.slice.channels * load.channel_stride() + pick(0, 5));
  return load;
}

// Every byte address of the slice, in the order image, channel, row, column.
std::vector<std::uint64_t> bytes_of(const TensorSlice& slice, std::uint64_t address) {
  std::vector<std::uint64_t> bytes;
  for (unsigned n = 0; n < slice.images; ++n) {
    for (unsigned c = 0; c < slice.channels; ++c) {
      const unsigned row_bytes = slice.columns * element_bytes(slice.width);
      for (unsigned y = 0; y < slice.rows; ++y) {
        for (unsigned i = 0; i < row_bytes; ++i) {
          bytes.push_back(address + std::uint64_t{n} * slice.image_pitch +
                          std::uint64_t{c} * slice.channel_pitch +
                          std::uint64_t{y} * (row_bytes + slice.row_gap) + i);
        }
      }
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("bursts cover exactly the bytes of a slice, in order, and count what nobody asked for") {
  REQUIRE(rc::check([] {
    const TensorSlice slice = any_slice();
    const std::uint64_t base = static_cast<std::uint64_t>(pick(0, 3)) * 1000;
    const std::uint32_t size = 1u << pick(4, 8);
    const auto shape = *rc::gen::element(BurstShape::kAligned, BurstShape::kExact);
    const auto expected = bytes_of(slice, base + slice.dram_offset);
    RC_ASSERT(expected.back() + 1 == base + slice.dram_offset + extent_bytes(slice));

    std::vector<std::uint64_t> found;
    std::uint64_t unused = 0, total = 0;
    for (BurstWalk walk(RunWalk(slice, base + slice.dram_offset), size, shape); !walk.done();
         walk.advance()) {
      const Burst& burst = walk.burst();
      RC_ASSERT(burst.useful > 0u);
      RC_ASSERT(burst.skip + burst.useful <= burst.bytes);
      RC_ASSERT(burst.address / size == (burst.address + burst.bytes - 1) / size);
      if (shape == BurstShape::kAligned) {
        RC_ASSERT(burst.bytes == size);
      } else {
        RC_ASSERT(burst.bytes == burst.useful);
      }
      for (std::uint32_t i = 0; i < burst.useful; ++i) found.push_back(burst.address + burst.skip + i);
      unused += burst.bytes - burst.useful;
      total += burst.bytes;
    }
    RC_ASSERT(found == expected);
    RC_ASSERT(total - unused == expected.size());
  }));
}

TEST_CASE("runs that touch are merged, others are not") {
  REQUIRE(rc::check([] {
    const TensorSlice slice = any_slice();
    std::uint64_t end = 0;
    std::vector<std::uint64_t> found;
    for (RunWalk walk(slice, slice.dram_offset); !walk.done(); walk.advance()) {
      RC_ASSERT(found.empty() || walk.run().address != end);
      for (std::uint64_t i = 0; i < walk.run().bytes; ++i) found.push_back(walk.run().address + i);
      end = walk.run().address + walk.run().bytes;
    }
    RC_ASSERT(found == bytes_of(slice, slice.dram_offset));
  }));

  TensorSlice whole;
  whole.images = 2;
  whole.channels = 3;
  whole.rows = 4;
  whole.columns = 5;
  whole.channel_pitch = 20;
  whole.image_pitch = 60;
  RunWalk walk(whole, 1000);
  CHECK(walk.run().address == 1000);
  CHECK(walk.run().bytes == 120);
  walk.advance();
  CHECK(walk.done());
}

TEST_CASE("an unaligned read takes whole aligned bursts, an unaligned write is cut at their borders") {
  const RunWalk run(100, 200);
  BurstWalk read(run, 64, BurstShape::kAligned);
  CHECK(read.burst().address == 64);
  CHECK(read.burst().skip == 36);
  CHECK(read.burst().useful == 28);
  std::vector<std::uint32_t> lengths;
  for (BurstWalk write(run, 64, BurstShape::kExact); !write.done(); write.advance()) {
    lengths.push_back(write.burst().bytes);
  }
  CHECK(lengths == std::vector<std::uint32_t>{28, 64, 64, 44});
}

TEST_CASE("lines write every padded element once, at its place, and take the data in order") {
  REQUIRE(rc::check([] {
    const LoadTensor load = any_load();
    const auto line_elements = static_cast<std::uint32_t>(pick(1, 40));

    // Element number in the slice, or -1 for padding, by place in the buffer: the formula of LoadTensor.
    std::map<std::uint32_t, int> expected;
    int element = 0;
    for (int n = 0; n < load.slice.images; ++n) {
      for (int c = 0; c < load.slice.channels; ++c) {
        for (int iy = 0; iy < load.padded_rows(); ++iy) {
          for (int ix = 0; ix < load.padded_columns(); ++ix) {
            const int py = iy % load.stride_h, y = iy / load.stride_h;
            const int px = ix % load.stride_w, x = ix / load.stride_w;
            const int plane = (c * load.stride_h + py) * load.stride_w + px;
            const auto place = static_cast<std::uint32_t>(
                static_cast<int>(load.base) + n * static_cast<int>(load.image_stride) +
                (plane * load.plane_rows() + y) * load.plane_columns() + x);
            const bool data = iy >= load.pad_top && iy < load.pad_top + load.slice.rows &&
                              ix >= load.pad_left && ix < load.pad_left + load.slice.columns;
            RC_ASSERT(expected.emplace(place, data ? element++ : -1).second);
          }
        }
      }
    }

    std::map<std::uint32_t, int> found;
    int taken = 0;
    for (LineWalk walk(load, line_elements); !walk.done(); walk.advance()) {
      const Line& line = walk.line();
      RC_ASSERT(line.elements <= line_elements);
      RC_ASSERT(walk.phases() == load.stride_w);
      std::uint32_t written = 0;
      for (std::uint32_t phase = 0; phase < walk.phases(); ++phase) {
        const PhaseRun run = walk.phase(phase);
        for (std::uint32_t i = 0; i < run.count; ++i) {
          const std::uint32_t at = run.first + i * walk.phases();
          const bool data = at >= line.left_padding && at < line.left_padding + line.data;
          const int value = data ? taken + static_cast<int>(at - line.left_padding) : -1;
          RC_ASSERT(found.emplace(run.address + i, value).second);
        }
        written += run.count;
      }
      RC_ASSERT(written == line.elements);
      taken += static_cast<int>(line.data);
    }
    RC_ASSERT(found == expected);
  }));
}

TEST_CASE("rows end lines, unless the image is one long row") {
  LoadTensor load;
  load.slice.channels = 2;
  load.slice.rows = 3;
  load.slice.columns = 10;
  const auto count_lines = [](const LoadTensor& l) {
    int lines = 0;
    for (LineWalk walk(l, 16); !walk.done(); walk.advance()) ++lines;
    return lines;
  };
  CHECK(count_lines(load) == 4);  // ceil(60 / 16)
  load.slice.images = 2;
  CHECK(count_lines(load) == 8);
  load.pad_left = 1;
  CHECK(count_lines(load) == 12);  // a line a row
  load.pad_right = 6;
  CHECK(count_lines(load) == 24);  // rows of 17
  load.pad_left = load.pad_right = 0;
  load.stride_h = 2;
  CHECK(count_lines(load) == 12);
}

TEST_CASE("weight words go to row banks, group after group, and wrap around the ring") {
  REQUIRE(rc::check([] {
    LoadWeights load;
    load.groups_per_conv_group = static_cast<std::uint16_t>(pick(1, 3));
    load.groups = static_cast<std::uint16_t>(load.groups_per_conv_group * pick(1, 3));
    load.rows = static_cast<std::uint16_t>(pick(0, 3) == 0 ? 256 : pick(1, 8));
    load.last_rows = static_cast<std::uint16_t>(pick(1, load.rows));
    load.row_bytes = static_cast<std::uint32_t>(8 * pick(1, 5));
    const std::uint32_t bank_bytes =
        load.groups * load.row_bytes + 8 * static_cast<std::uint32_t>(pick(0, 4));
    load.base = 8 * static_cast<std::uint32_t>(pick(0, static_cast<int>(bank_bytes / 8) - 1));

    WeightWordWalk walk(load, bank_bytes);
    std::uint64_t bytes = 0;
    for (std::uint32_t g = 0; g < load.groups; ++g) {
      const bool last = g % load.groups_per_conv_group == load.groups_per_conv_group - 1u;
      for (int r = 0; r < (last ? load.last_rows : load.rows); ++r) {
        for (std::uint32_t b = 0; b < load.row_bytes; b += 8) {
          RC_ASSERT(!walk.done());
          RC_ASSERT(walk.bank() == r);
          RC_ASSERT(walk.address() == (load.base + g * load.row_bytes + b) % bank_bytes);
          walk.advance();
          bytes += 8;
        }
      }
    }
    RC_ASSERT(walk.done());
    RC_ASSERT(bytes == blob_bytes(load));
  }));
}
