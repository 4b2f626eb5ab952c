#include "tests/support/program_interpreter.h"

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <stdexcept>

#include "base/text/enum_index.h"
#include "hw/isa/weight/row_stream.h"
#include "tests/support/reference_arithmetic.h"

namespace bitbalance::test {
namespace {

constexpr int kShiftBits = 0x3f;  ///< of a parameter's byte

class Interpreter {
 public:
  Interpreter(const Program& program, const AcceleratorConfig& config, std::vector<std::uint8_t> data)
      : program_(program),
        config_(config),
        data_(std::move(data)),
        weights_(static_cast<std::size_t>(config.rows),
                 std::vector<std::uint8_t>(static_cast<std::size_t>(config.weight_bank_bytes))),
        activations_(static_cast<std::size_t>(config.activation_buffer_bytes)),
        outputs_(static_cast<std::size_t>(config.output_buffer_bytes)),
        parameters_(static_cast<std::size_t>(config.parameter_buffer_bytes)) {}

  std::vector<std::uint8_t> run(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::array<std::deque<const Command*>, kEngines> queues;
    std::size_t next = 0;
    const auto idle = [&] {
      return std::all_of(queues.begin(), queues.end(), [](const auto& q) { return q.empty(); });
    };
    for (;;) {
      // Dispatch as far ahead as possible: the harshest schedule for the flags.
      while (next < program_.commands.size() && has_engine(program_.commands[next])) {
        const Command& c = program_.commands[next++];
        queues[enum_index(engine_of(c))].push_back(&c);
      }
      if (idle()) {
        if (opcode_of(program_.commands.at(next)) == Opcode::kEnd) return data_;
        ++next;  // a barrier
        continue;
      }
      std::vector<std::size_t> ready;
      for (std::size_t e = 0; e < kEngines; ++e) {
        if (!queues[e].empty() && flags_ready(e, queues[e].front()->header.wait)) ready.push_back(e);
      }
      if (ready.empty()) throw std::logic_error("deadlock: no engine's flags are complete");
      const std::size_t e = ready[random() % ready.size()];
      const Command& c = *queues[e].front();
      queues[e].pop_front();
      for (std::size_t p = 0; p < kEngines; ++p) {
        if ((c.header.wait >> p & 1) != 0) --flags_[p][e];
      }
      std::visit([this](const auto& body) { execute(body); }, c.body);
      for (std::size_t to = 0; to < kEngines; ++to) {
        if ((c.header.signal >> to & 1) != 0) ++flags_[e][to];
      }
    }
  }

 private:
  bool flags_ready(std::size_t engine, EngineMask wait) const {
    for (std::size_t p = 0; p < kEngines; ++p) {
      if ((wait >> p & 1) != 0 && flags_[p][engine] == 0) return false;
    }
    return true;
  }

  static std::int32_t read(const std::vector<std::uint8_t>& bytes, std::size_t address, Width width,
                           bool is_signed) {
    if (width == Width::k16)
      return static_cast<std::int16_t>(bytes.at(2 * address) | bytes.at(2 * address + 1) << 8);
    return is_signed ? static_cast<std::int8_t>(bytes.at(address)) : bytes.at(address);
  }
  static void write(std::vector<std::uint8_t>& bytes, std::size_t address, Width width, std::int64_t value) {
    bytes.at(width == Width::k16 ? 2 * address : address) = static_cast<std::uint8_t>(value);
    if (width == Width::k16) bytes.at(2 * address + 1) = static_cast<std::uint8_t>(value >> 8);
  }
  const std::uint8_t* constants(std::size_t offset, std::size_t bytes) const {
    if (offset + bytes > program_.constants.size()) throw std::logic_error("a load leaves the constants");
    return program_.constants.data() + offset;
  }

  void execute(const End&) {}
  void execute(const Barrier&) {}
  void execute(const LoadWeights& l) {
    std::size_t offset = l.dram_offset;
    for (int group = 0; group < l.groups; ++group) {
      const int rows = (group + 1) % l.groups_per_conv_group == 0 ? l.last_rows : l.rows;
      for (int row = 0; row < rows; ++row) {
        const std::uint8_t* source = constants(offset, l.row_bytes);
        auto& bank = weights_.at(static_cast<std::size_t>(row));
        for (std::size_t i = 0; i < l.row_bytes; ++i) {
          bank[(l.base + static_cast<std::size_t>(group) * l.row_bytes + i) % bank.size()] = source[i];
        }
        offset += l.row_bytes;
      }
    }
  }
  void execute(const LoadParameters& l) {
    const std::size_t bytes = std::size_t{l.entries} * 16;
    if (l.base * std::size_t{16} + bytes > parameters_.size())
      throw std::logic_error("a load leaves the parameter buffer");
    std::copy_n(constants(l.dram_offset, bytes), bytes, parameters_.begin() + l.base * 16);
  }
  void execute(const LoadTable& l) {
    const std::size_t bytes = l.width == Width::k16 ? 514 : 256;
    std::copy_n(constants(l.dram_offset, bytes), bytes, tables_.at(l.table).begin());
  }
  void execute(const LoadActivations& l) { load_tensor(l, activations_); }
  void execute(const LoadOutputs& l) { load_tensor(l, outputs_); }

  void load_tensor(const LoadTensor& l, std::vector<std::uint8_t>& buffer) {
    for (int n = 0; n < l.slice.images; ++n) {
      for (int c = 0; c < l.slice.channels; ++c) {
        for (int y = 0; y < l.padded_rows(); ++y) {
          for (int x = 0; x < l.padded_columns(); ++x) {
            const int source_y = y - l.pad_top, source_x = x - l.pad_left;
            const bool inside =
                source_y >= 0 && source_y < l.slice.rows && source_x >= 0 && source_x < l.slice.columns;
            const std::size_t from = l.slice.dram_offset + static_cast<std::size_t>(n) * l.slice.image_pitch +
                                     static_cast<std::size_t>(c) * l.slice.channel_pitch +
                                     static_cast<std::size_t>(source_y) * l.slice.row_gap;
            const int element = source_y * l.slice.columns + source_x;
            const int value = !inside ? l.pad_value
                              : l.slice.width == Width::k16
                                  ? static_cast<std::int16_t>(data_.at(from + 2 * element) |
                                                              data_.at(from + 2 * element + 1) << 8)
                                  : data_.at(from + element);
            const int phase = (y % l.stride_h) * l.stride_w + x % l.stride_w;
            const std::size_t to =
                l.base + static_cast<std::size_t>(n) * l.image_stride +
                ((static_cast<std::size_t>(c) * l.stride_h * l.stride_w + phase) * l.plane_rows() +
                 y / l.stride_h) *
                    l.plane_columns() +
                x / l.stride_w;
            write(buffer, to, l.slice.width, value);
          }
        }
      }
    }
  }

  void execute(const Compute& c) {
    const RowStream row_stream(c.weight_bits, c.nnzb, config_);
    const std::size_t stream = row_stream.bytes(c.steps());
    const int groups = c.row_groups(config_.rows);
    const std::size_t channel_stride = std::size_t{c.stride_h} * c.stride_w * c.plane_rows * c.plane_columns;
    const std::size_t pixels = std::size_t{c.images} * c.rows * c.columns;
    if (c.first_chunk) sums_.assign(std::size_t{c.conv_groups} * c.output_channels * pixels, 0);
    std::vector<std::int32_t> weights(static_cast<std::size_t>(c.steps()));
    for (int g = 0; g < c.conv_groups; ++g) {
      for (int m = 0; m < c.output_channels; ++m) {
        const auto& bank = weights_.at(static_cast<std::size_t>(m % config_.rows));
        const std::size_t begin =
            c.weight_base + static_cast<std::size_t>(g * groups + m / config_.rows) * stream;
        for (int k = 0; k < c.steps(); ++k) weights[k] = weight(bank, begin, k, row_stream);
        for (std::size_t p = 0; p < pixels; ++p) {
          const std::size_t n = p / (std::size_t{c.rows} * c.columns), y = p / c.columns % c.rows,
                            x = p % c.columns;
          std::int64_t& sum = sums_.at((static_cast<std::size_t>(g) * c.output_channels + m) * pixels + p);
          std::size_t k = 0;
          for (std::size_t i = 0; i < c.channels; ++i) {
            for (std::size_t r = 0; r < c.kernel_h; ++r) {
              for (std::size_t s = 0; s < c.kernel_w; ++s, ++k) {
                const std::size_t iy = y * c.stride_h + r * c.dilation_h,
                                  ix = x * c.stride_w + s * c.dilation_w;
                const std::size_t phase = iy % c.stride_h * c.stride_w + ix % c.stride_w;
                const std::size_t at = c.activation_base + n * c.activation_image_stride +
                                       (g * std::size_t{c.channels} + i) * channel_stride +
                                       (phase * c.plane_rows + iy / c.stride_h) * c.plane_columns +
                                       ix / c.stride_w;
                sum += std::int64_t{weights[k]} * read(activations_, at, c.width, c.input_signed);
              }
            }
          }
        }
      }
    }
    if (c.last_chunk) drain(c, pixels);
  }

  static std::int32_t weight(const std::vector<std::uint8_t>& bank, std::size_t begin, int index,
                             const RowStream& stream) {
    const WeightFormat& format = stream.format();
    std::uint64_t code = 0;
    for (int bit = 0; bit < format.bits(); ++bit) {
      const std::size_t at = stream.head_bits() + static_cast<std::size_t>(index) * format.bits() + bit;
      code |= std::uint64_t{bank[(begin + at / 8) % bank.size()] >> (at % 8) & 1u} << bit;
    }
    return value(format.unpack(code));
  }

  void drain(const Compute& c, std::size_t pixels) {
    const int width = c.columns / c.pool_w, height = c.rows / c.pool_h;
    for (int channel = 0; channel < c.conv_groups * c.output_channels; ++channel) {
      const std::size_t entry = std::size_t{16} * (c.parameter_base + static_cast<std::size_t>(channel));
      std::uint64_t bias = 0;
      for (std::size_t i = 0; i < 8; ++i) bias |= std::uint64_t{parameters_.at(entry + i)} << (8 * i);
      const auto multiplier =
          static_cast<std::uint16_t>(parameters_.at(entry + 8) | parameters_.at(entry + 9) << 8);
      for (std::size_t p = 0; p < pixels; ++p) {
        const int y = static_cast<int>(p) / c.columns % c.rows, x = static_cast<int>(p) % c.columns;
        if (y / c.pool_h >= height || x / c.pool_w >= width) continue;
        const std::size_t at = c.output_base + p / (std::size_t{c.rows} * c.columns) * c.output_image_stride +
                               (static_cast<std::size_t>(channel) * height + y / c.pool_h) * width +
                               x / c.pool_w;
        const std::int64_t sum = reference_wrapped(
            static_cast<std::int64_t>(
                static_cast<std::uint64_t>(sums_.at(static_cast<std::size_t>(channel) * pixels + p)) + bias),
            config_.accumulator_bits(c.width));
        std::int64_t result = reference_rescaled(sum, multiplier, parameters_.at(entry + 10) & kShiftBits);
        if (c.operand)
          result += reference_rescaled(read(outputs_, at, c.width, c.operand_signed), c.operand_multiplier,
                                       c.operand_shift);
        result = std::clamp<std::int64_t>(result, c.clip_low, c.clip_high);
        if (c.lookup) {
          result = reference_looked_up(tables_.at(c.table), result, c.width == Width::k16);
          if (c.width == Width::k8 && c.output_signed) result = static_cast<std::int8_t>(result);
        }
        if (y % c.pool_h != 0 || x % c.pool_w != 0) {
          result = std::max<std::int64_t>(result, read(outputs_, at, c.width, c.output_signed));
        }
        write(outputs_, at, c.width, result);
      }
    }
  }

  void execute(const Pool& p) {
    for (int n = 0; n < p.images; ++n) {
      for (int c = 0; c < p.channels; ++c) {
        for (int y = 0; y < p.output_rows; ++y) {
          for (int x = 0; x < p.output_columns; ++x) {
            std::int64_t sum = 0, largest = -40000;
            int valid = 0;
            for (int r = 0; r < p.kernel_h; ++r) {
              for (int s = 0; s < p.kernel_w; ++s) {
                const int iy = y * p.stride_h + r, ix = x * p.stride_w + s;
                const std::int32_t v =
                    read(outputs_,
                         p.input_base + static_cast<std::size_t>(n) * p.input_image_stride +
                             (static_cast<std::size_t>(c) * p.input_rows + iy) * p.input_columns + ix,
                         p.width, p.is_signed);
                sum += v;
                largest = std::max<std::int64_t>(largest, v);
                if (iy >= p.valid_row_begin && iy < p.valid_row_end && ix >= p.valid_column_begin &&
                    ix < p.valid_column_end)
                  ++valid;
              }
            }
            std::int64_t result = largest;
            if (p.average) {
              const std::size_t entry =
                  std::size_t{16} * (p.parameter_base + (p.single_divisor ? 0 : valid - 1));
              result = reference_rescaled(
                  sum, static_cast<std::uint16_t>(parameters_.at(entry + 8) | parameters_.at(entry + 9) << 8),
                  parameters_.at(entry + 10) & kShiftBits);
            }
            write(outputs_,
                  p.output_base + static_cast<std::size_t>(n) * p.output_image_stride +
                      (static_cast<std::size_t>(c) * p.output_rows + y) * p.output_columns + x,
                  p.width, std::clamp<std::int64_t>(result, p.clip_low, p.clip_high));
          }
        }
      }
    }
  }

  void execute(const Add& a) {
    for (std::size_t i = 0; i < a.elements; ++i) {
      const std::int64_t sum =
          reference_rescaled(read(outputs_, a.input_base + i, a.width, a.input_signed), a.input_multiplier,
                             a.input_shift) +
          reference_rescaled(read(outputs_, a.operand_base + i, a.width, a.operand_signed),
                             a.operand_multiplier, a.operand_shift);
      write(outputs_, a.output_base + i, a.width, std::clamp<std::int64_t>(sum, a.clip_low, a.clip_high));
    }
  }

  void execute(const Lookup& l) {
    for (std::size_t i = 0; i < l.elements; ++i) {
      const std::int64_t code = read(outputs_, l.input_base + i, l.width, false);
      write(outputs_, l.output_base + i, l.width,
            reference_looked_up(tables_.at(l.table), code, l.width == Width::k16));
    }
  }

  void execute(const Store& s) {
    const std::size_t element = s.slice.width == Width::k16 ? 2 : 1;
    const std::size_t row = s.slice.columns * element;
    for (std::size_t n = 0; n < s.slice.images; ++n) {
      for (std::size_t c = 0; c < s.slice.channels; ++c) {
        for (std::size_t y = 0; y < s.slice.rows; ++y) {
          const std::size_t from = (s.base + n * s.image_stride) * element + (c * s.slice.rows + y) * row;
          const std::size_t to = s.slice.dram_offset + n * s.slice.image_pitch + c * s.slice.channel_pitch +
                                 y * (row + s.slice.row_gap);
          if (from + row > outputs_.size() || to + row > data_.size())
            throw std::logic_error("a store leaves its buffer");
          std::copy_n(outputs_.begin() + static_cast<std::ptrdiff_t>(from), row,
                      data_.begin() + static_cast<std::ptrdiff_t>(to));
        }
      }
    }
  }

  const Program& program_;
  const AcceleratorConfig& config_;
  std::vector<std::uint8_t> data_;
  std::vector<std::vector<std::uint8_t>> weights_;
  std::vector<std::uint8_t> activations_, outputs_, parameters_;
  std::array<std::array<std::uint8_t, 514>, 2> tables_{};
  std::vector<std::int64_t> sums_;                           ///< of the tile that chunks accumulate
  std::array<std::array<int, kEngines>, kEngines> flags_{};  ///< [from][to]
};

}  // namespace

std::vector<std::uint8_t> interpret(const Program& program, const AcceleratorConfig& config,
                                    std::vector<std::uint8_t> data, std::uint64_t seed) {
  return Interpreter(program, config, std::move(data)).run(seed);
}

namespace {

const TensorPlacement& placement(const Program& program, int tensor) {
  const auto found = std::find_if(program.tensors.begin(), program.tensors.end(),
                                  [tensor](const TensorPlacement& p) { return p.tensor == tensor; });
  if (found == program.tensors.end()) throw std::logic_error("the tensor is not in DRAM");
  return *found;
}

}  // namespace

std::vector<std::uint8_t> place_images(const Program& program, const QuantizedNetwork& network,
                                       const std::vector<std::vector<std::int32_t>>& images,
                                       std::uint8_t fill) {
  std::vector<std::uint8_t> data(program.data_bytes, fill);
  const TensorPlacement& p = placement(program, network.input);
  const Width width = width_of(network.tensors[network.input].bits);
  for (std::size_t n = 0; n < images.size(); ++n) {
    std::size_t at = p.offset + n * p.image_pitch;
    for (const std::int32_t v : images[n]) {
      data.at(at++) = static_cast<std::uint8_t>(v);
      if (width == Width::k16) data.at(at++) = static_cast<std::uint8_t>(v >> 8);
    }
  }
  return data;
}

std::vector<std::int32_t> read_tensor(const Program& program, const QuantizedNetwork& network,
                                      const std::vector<std::uint8_t>& data, int tensor, int image) {
  const TensorPlacement& p = placement(program, tensor);
  const QuantizedTensor& t = network.tensors[tensor];
  std::vector<std::int32_t> values(static_cast<std::size_t>(t.shape.elements()));
  std::size_t at = p.offset + static_cast<std::size_t>(image) * p.image_pitch;
  for (auto& v : values) {
    if (t.bits == 16) {
      v = static_cast<std::int16_t>(data.at(at) | data.at(at + 1) << 8);
      at += 2;
    } else {
      v = t.is_signed ? static_cast<std::int8_t>(data.at(at)) : data.at(at);
      at += 1;
    }
  }
  return values;
}

}  // namespace bitbalance::test
