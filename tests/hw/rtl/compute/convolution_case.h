// A Compute command with random weights and activations, laid out as the mapper and the load engine do, and
// its sums as plain loops give them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "hw/isa/command/command.h"
#include "hw/isa/config.h"
#include "hw/isa/weight/row_stream.h"
#include "hw/rtl/buffer/activation_buffer.h"
#include "hw/rtl/buffer/weight_buffer.h"
#include "tests/support/names.h"

namespace bitbalance::rtl::test {

/// The weights of a command, as the mapper lays them out, and its activations, at random.
class Convolution {
 public:
  Convolution(const Compute& compute, const AcceleratorConfig& config, std::uint32_t seed)
      : compute_(compute), config_(config), random_(seed) {
    const int limit = (1 << (compute.weight_bits - 1)) - 1;
    weights_.resize(static_cast<std::size_t>(compute.conv_groups) * compute.output_channels *
                    static_cast<std::size_t>(compute.steps()));
    for (std::int16_t& weight : weights_) {
      do {
        weight = static_cast<std::int16_t>(uniform(-limit, limit));
      } while (tokens(token_mask(weight, config.token_form)).count > compute.nnzb);
    }
  }

  std::int16_t& weight(int group, int channel, int step) {
    return weights_[(group * compute_.output_channels + channel) * compute_.steps() + step];
  }

  void load(WeightBuffer& weights) const {
    const RowStream row_stream(compute_.weight_bits, compute_.nnzb, config_);
    const auto steps = static_cast<std::size_t>(compute_.steps());
    const std::uint32_t pitch = row_stream.bytes(compute_.steps());
    for (int channel = 0; channel < compute_.conv_groups * compute_.output_channels; ++channel) {
      std::vector<std::uint8_t> bytes;
      row_stream.append(bytes, &weights_[static_cast<std::size_t>(channel) * steps], steps,
                        limit_of(row_stream, channel));
      const int group = channel / compute_.output_channels;
      const int row_group = channel % compute_.output_channels / config_.rows;
      const int bank = channel % compute_.output_channels % config_.rows;
      const int stream = group * compute_.row_groups(config_.rows) + row_group;
      for (std::uint32_t at = 0; at < pitch; at += 8) {
        std::uint64_t word = 0;
        for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{bytes[at + i]} << 8 * i;
        weights.write_word(bank, compute_.weight_base + static_cast<std::uint32_t>(stream) * pitch + at,
                           word);
      }
    }
  }
  /// Of the tiles that the channel's row group takes.
  int limit_of(const RowStream& stream, int channel) const {
    const auto steps = static_cast<std::size_t>(compute_.steps());
    const int first = channel - channel % compute_.output_channels % config_.rows;
    const int next_group = (channel / compute_.output_channels + 1) * compute_.output_channels;
    int limit = 1;
    for (int row = first; row < std::min(first + config_.rows, next_group); ++row)
      limit = std::max(limit, stream.limit_for(&weights_[static_cast<std::size_t>(row) * steps], steps));
    return limit;
  }
  void load(ActivationBuffer& activations) {
    const auto elements = static_cast<std::uint32_t>(config_.activation_elements(compute_.width));
    for (std::uint32_t i = 0; i < elements; ++i) {
      activations.write(i, compute_.width,
                        compute_.width == Width::k16 ? uniform(-32768, 32767) : uniform(0, 255));
    }
  }

  /// Sum of one output pixel before it is wrapped.
  std::int64_t sum(const ActivationBuffer& activations, int group, int channel, int image, int y, int x) {
    const Compute& c = compute_;
    std::int64_t total = 0;
    int step = 0;
    for (int i = 0; i < c.channels; ++i) {
      for (int r = 0; r < c.kernel_h; ++r) {
        for (int s = 0; s < c.kernel_w; ++s, ++step) {
          const int iy = y * c.stride_h + r * c.dilation_h;
          const int ix = x * c.stride_w + s * c.dilation_w;
          const int in_channel = group * c.channels + i;
          const int plane = (in_channel * c.stride_h + iy % c.stride_h) * c.stride_w + ix % c.stride_w;
          const int at = (plane * c.plane_rows + iy / c.stride_h) * c.plane_columns + ix / c.stride_w;
          const std::uint32_t address = c.activation_base +
                                        static_cast<std::uint32_t>(image) * c.activation_image_stride +
                                        static_cast<std::uint32_t>(at);
          total +=
              std::int64_t{weight(group, channel, step)} * activations.read(address, c.width, c.input_signed);
        }
      }
    }
    return total;
  }

 private:
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  Compute compute_;
  AcceleratorConfig config_;
  std::mt19937 random_;
  std::vector<std::int16_t> weights_;  ///< [conv group][output channel][step]
};

/// A convolution whose planes and strides between images are as small as they can be.
inline Compute dense_command(int channels, int output_channels, int rows, int columns, int kernel,
                             int images = 1) {
  Compute c;
  c.channels = static_cast<std::uint16_t>(channels);
  c.output_channels = static_cast<std::uint16_t>(output_channels);
  c.rows = static_cast<std::uint16_t>(rows);
  c.columns = static_cast<std::uint16_t>(columns);
  c.kernel_h = c.kernel_w = static_cast<std::uint8_t>(kernel);
  c.images = static_cast<std::uint16_t>(images);
  return c;
}
/// Sets what follows from the other fields.
inline void pack_planes(Compute& c) {
  c.plane_rows = static_cast<std::uint16_t>(c.rows + (c.kernel_h - 1) * c.dilation_h / c.stride_h);
  c.plane_columns = static_cast<std::uint16_t>(c.columns + (c.kernel_w - 1) * c.dilation_w / c.stride_w);
  c.activation_image_stride =
      std::uint32_t{c.conv_groups} * c.channels * c.stride_h * c.stride_w * c.plane_rows * c.plane_columns;
  c.output_image_stride = static_cast<std::uint32_t>(c.conv_groups * c.output_channels * (c.rows / c.pool_h) *
                                                     (c.columns / c.pool_w));
}

}  // namespace bitbalance::rtl::test
