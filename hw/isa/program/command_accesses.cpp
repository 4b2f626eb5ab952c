#include "hw/isa/program/command_accesses.h"

#include <algorithm>

#include "hw/isa/lookup_table.h"
#include "hw/isa/transfer/dma_walk.h"
#include "hw/isa/weight/row_stream.h"

namespace bitbalance::isa {
namespace {

/// Of as few pieces as possible.
ByteGrid merged(ByteGrid grid) {
  if (grid.channels > 1 && grid.channel_pitch <= grid.bytes) {
    grid.bytes += (grid.channels - 1) * grid.channel_pitch;
    grid.channels = 1;
  }
  if (grid.channels == 1 && grid.images > 1 && grid.image_pitch <= grid.bytes) {
    grid.bytes += (grid.images - 1) * grid.image_pitch;
    grid.images = 1;
  }
  return grid;
}

/// Numbers n < count of the pieces [begin + n * pitch, begin + n * pitch + bytes) that meet [first, last).
struct PieceRange {
  PieceRange(std::uint64_t begin, std::uint64_t bytes, std::uint64_t pitch, std::uint64_t count,
             std::uint64_t first, std::uint64_t last) {
    if (pitch == 0) {
      end = begin < last && first < begin + bytes ? count : 0;
      return;
    }
    if (first >= begin + bytes) from = (first - begin - bytes) / pitch + 1;
    if (last > begin) end = std::min(count, (last - begin - 1) / pitch + 1);
  }
  std::uint64_t from = 0, end = 0;
};

/// First byte of [first, last) in the grid.
std::optional<std::uint64_t> byte_within(const ByteGrid& grid, std::uint64_t first, std::uint64_t last) {
  const std::uint64_t image_bytes = (grid.channels - 1) * grid.channel_pitch + grid.bytes;
  const PieceRange images(grid.begin, image_bytes, grid.image_pitch, grid.images, first, last);
  for (std::uint64_t n = images.from; n < images.end; ++n) {
    const std::uint64_t image = grid.begin + n * grid.image_pitch;
    const PieceRange channels(image, grid.bytes, grid.channel_pitch, grid.channels, first, last);
    if (channels.from < channels.end) return std::max(first, image + channels.from * grid.channel_pitch);
  }
  return {};
}

class AccessList {
 public:
  explicit AccessList(const AcceleratorConfig& config) : config_(config) {}
  std::vector<Access> take() { return std::move(accesses_); }

  void operator()(const End& /*end*/) {}
  void operator()(const Barrier& /*barrier*/) {}
  void operator()(const LoadWeights& load) {
    // Every group has a row in bank 0: addresses of that bank tell all.
    ring(true, load.base, std::uint64_t{load.groups} * load.row_bytes);
  }
  void operator()(const LoadParameters& load) { parameters(true, load.base, load.entries); }
  void operator()(const LoadActivations& load) { tensor(Storage::kActivations, load); }
  void operator()(const LoadOutputs& load) { tensor(Storage::kOutputs, load); }
  void operator()(const LoadTable& load) { table(true, load.table, load.width); }
  void operator()(const Compute& c) {
    const RowStream stream(c.weight_bits, c.nnzb, config_);
    const auto groups = static_cast<std::uint64_t>(c.row_groups_in_all(config_.rows));
    ring(false, c.weight_base, groups * stream.bytes(c.steps()));
    const std::uint64_t input = static_cast<std::uint64_t>(c.channel_stride()) * c.channels * c.conv_groups;
    images(Storage::kActivations, false, c.width, c.activation_base, input, c.images,
           c.activation_image_stride);
    if (!c.last_chunk) return;
    const std::uint64_t channels = std::uint64_t{c.conv_groups} * c.output_channels;
    parameters(false, c.parameter_base, channels);
    if (c.lookup) table(false, c.table, c.width);
    images(Storage::kOutputs, true, c.width, c.output_base,
           channels * static_cast<std::uint64_t>(c.result_plane()), c.images, c.output_image_stride);
  }
  void operator()(const Pool& p) {
    const auto elements = [&](std::uint16_t rows, std::uint16_t columns) {
      return std::uint64_t{p.channels} * rows * columns;
    };
    if (p.average) parameters(false, p.parameter_base, static_cast<std::uint64_t>(p.divisors()));
    images(Storage::kOutputs, false, p.width, p.input_base, elements(p.input_rows, p.input_columns), p.images,
           p.input_image_stride);
    images(Storage::kOutputs, true, p.width, p.output_base, elements(p.output_rows, p.output_columns),
           p.images, p.output_image_stride);
  }
  void operator()(const Add& a) {
    images(Storage::kOutputs, false, a.width, a.input_base, a.elements, 1, 0);
    images(Storage::kOutputs, false, a.width, a.operand_base, a.elements, 1, 0);
    images(Storage::kOutputs, true, a.width, a.output_base, a.elements, 1, 0);
  }
  void operator()(const Lookup& l) {
    table(false, l.table, l.width);
    images(Storage::kOutputs, false, l.width, l.input_base, l.elements, 1, 0);
    images(Storage::kOutputs, true, l.width, l.output_base, l.elements, 1, 0);
  }
  void operator()(const Store& store) {
    const TensorSlice& s = store.slice;
    images(Storage::kOutputs, false, s.width, store.base, std::uint64_t{s.channels} * s.rows * s.columns,
           s.images, store.image_stride);
    slice(true, s);
  }

 private:
  void add(Storage storage, bool writes, const ByteGrid& bytes) {
    if (bytes.bytes > 0) accesses_.push_back({storage, writes, bytes});
  }
  void ring(bool writes, std::uint64_t base, std::uint64_t bytes) {
    const std::uint64_t before_end =
        std::min(bytes, static_cast<std::uint64_t>(config_.weight_bank_bytes) - base);
    add(Storage::kWeights, writes, {base, before_end});
    add(Storage::kWeights, writes, {0, bytes - before_end});
  }
  void parameters(bool writes, std::uint64_t base, std::uint64_t entries) {
    constexpr std::uint64_t kEntry = AcceleratorConfig::kParameterBytes;
    add(Storage::kParameters, writes, {base * kEntry, entries * kEntry});
  }
  void table(bool writes, int number, Width width) {
    add(Storage::kTables, writes,
        {static_cast<std::uint64_t>(number) * LookupTable::kBytes, table_bytes(width)});
  }
  /// Blocks of `elements` in a buffer.
  void images(Storage storage, bool writes, Width width, std::uint64_t base, std::uint64_t elements,
              std::uint64_t count, std::uint64_t stride) {
    const std::uint64_t size = element_bytes(width);
    add(storage, writes, {base * size, elements * size, 1, 0, count, stride * size});
  }
  void slice(bool writes, const TensorSlice& s) {
    const std::uint64_t row_bytes = std::uint64_t{s.columns} * element_bytes(s.width);
    const bool apart = s.row_gap != 0;
    for (std::uint64_t row = 0; row < (apart ? s.rows : 1u); ++row) {
      add(Storage::kData, writes,
          {s.dram_offset + row * (row_bytes + s.row_gap), apart ? row_bytes : s.rows * row_bytes, s.channels,
           s.channel_pitch, s.images, s.image_pitch});
    }
  }
  void tensor(Storage storage, const LoadTensor& load) {
    slice(false, load.slice);
    images(storage, true, load.slice.width, load.base,
           static_cast<std::uint64_t>(load.channel_stride()) * load.slice.channels, load.slice.images,
           load.image_stride);
  }

  const AcceleratorConfig& config_;
  std::vector<Access> accesses_;
};

}  // namespace

const char* to_string(Storage storage) {
  switch (storage) {
    case Storage::kWeights:
      return "weight banks";
    case Storage::kParameters:
      return "parameter buffer";
    case Storage::kTables:
      return "tables";
    case Storage::kActivations:
      return "activation buffer";
    case Storage::kOutputs:
      return "output buffer";
    case Storage::kData:
      return "data region";
  }
  return "?";
}

std::optional<std::uint64_t> common_byte(const ByteGrid& a, const ByteGrid& b) {
  if (a.end() <= b.begin || b.end() <= a.begin) return {};
  ByteGrid few = merged(a), many = merged(b);
  if (few.images * few.channels > many.images * many.channels) std::swap(few, many);
  for (std::uint64_t n = 0; n < few.images; ++n) {
    for (std::uint64_t c = 0; c < few.channels; ++c) {
      const std::uint64_t piece = few.begin + n * few.image_pitch + c * few.channel_pitch;
      if (const auto byte = byte_within(many, piece, piece + few.bytes)) return byte;
    }
  }
  return {};
}

std::optional<std::uint64_t> repeated_byte(const ByteGrid& grid) {
  if (grid.channels > 1 && grid.channel_pitch < grid.bytes) return grid.begin + grid.channel_pitch;
  if (grid.images == 1) return {};
  // Images are alike: the first one against those behind it.
  ByteGrid first = grid, others = grid;
  first.images = 1;
  others.begin += grid.image_pitch;
  --others.images;
  return common_byte(first, others);
}

std::vector<Access> accesses_of(const Command& command, const AcceleratorConfig& config) {
  AccessList list(config);
  std::visit(list, command.body);
  return list.take();
}

}  // namespace bitbalance::isa
