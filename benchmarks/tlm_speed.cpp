// A whole VGG-16 frame at the transaction level, bit-true, beside oneDNN's float32 convolutions of the same
// layers on the same threads. Both take turns in one process, so that what else the machine does hits both.
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <systemc>
#include <thread>
#include <vector>

#include "base/bits.h"
#include "benchmarks/float_convolutions.h"
#include "hw/compiler/mapper.h"
#include "quant/ir/integer_values.h"
#include "quant/ir/network_zoo.h"
#include "quant/method/quantizer.h"
#include "testbench/run/system/system.h"
#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

constexpr int kFrames = 9;
constexpr int kThreads = 2;
constexpr std::uint64_t kPage = 4096;

/// Synthetic weights and image; scales of a Gaussian's spread, without the search that costs time.
QuantizedNetwork network(int bits) {
  ZooOptions zoo;
  zoo.fully_connected = false;
  Network vgg16 = zoo_network("vgg16", zoo);
  Calibration calibration;
  for (const Tensor& tensor : vgg16.tensors) calibration.ranges[tensor.name] = {-4.0F, 4.0F};
  QuantizationOptions options;
  options.activation_bits = options.weight_bits = bits;
  options.scale_search = false;
  return quantize(std::move(vgg16), calibration, options);
}

Scenario surroundings(const AcceleratorConfig& config) {
  Scenario scenario;
  scenario.accelerator = config;
  scenario.run.threads = kThreads;
  return scenario;
}

/// The accelerator with memory and driver, and one program in it.
class Frames {
 public:
  Frames(const Program& program, const AcceleratorConfig& config)
      : program_(program),
        data_base_(align_up(program.constants.size(), kPage)),
        system_("system", surroundings(config), {false, true}, data_base_ + program.data_bytes) {
    system_.poke(0, program.constants);
  }

  /// Seconds from submission to interrupt.
  double run(const std::vector<std::uint8_t>& data) {
    system_.poke(data_base_, data);
    const ProgramRegions regions{0, static_cast<std::uint32_t>(program_.constants.size()), data_base_,
                                 program_.data_bytes};
    const auto start = std::chrono::steady_clock::now();
    const std::string fault = system_.run(Level::kTlm, regions, [] {});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (!fault.empty()) throw std::runtime_error(fault);
    return seconds;
  }

  std::vector<std::uint8_t> data() { return system_.peek(data_base_, program_.data_bytes); }

 private:
  const Program& program_;
  const std::uint64_t data_base_;
  System system_;
};

struct Times {
  std::vector<double> seconds;
  double median() const {
    std::vector<double> sorted = seconds;
    std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
    return sorted[sorted.size() / 2];
  }
  double least() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

/// What one process finds out, as the text it prints.
std::string measure(int bits) {
  test::RandomCase c;  // not random: what a comparison with the golden model takes
  c.network = network(bits);
  c.config.allow_wrap = true;
  c.mapped = build_program(c.network, c.config, {});
  const QuantizedTensor& input = c.network.tensors[c.network.input];
  c.images = {quantize_values(input, synthetic_image(input.shape, 1))};
  const Program& program = c.mapped.program;
  const auto data = test::place_images(program, c.network, c.images, 0);

  FloatConvolutions yardstick(c.network);
  Frames frames(program, c.config);
  yardstick.run();
  const double cold = frames.run(data);
  const std::string wrong = test::first_mismatch(c, frames.data());
  Times floats, warm;
  for (int i = 0; i < kFrames; ++i) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // idle threads of the other side stop spinning
    floats.seconds.push_back(yardstick.run());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    warm.seconds.push_back(frames.run(data));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto row = [&](const char* what, double best, double median) {
    return fmt::format("{:>2} bit  {:24} {:9.1f} {:9.1f} {:8.2f} {:8.2f}\n", bits, what, best * 1e3,
                       median * 1e3, best / floats.least(), median / floats.median());
  };
  return row("oneDNN float32", floats.least(), floats.median()) + row("tlm, first frame", cold, cold) +
         row("tlm", warm.least(), warm.median()) +
         fmt::format("{:>2} bit  {}, peak RSS {} MB", bits,
                     wrong.empty() ? "every element equals the golden model's" : wrong,
                     usage.ru_maxrss / 1000);
}

}  // namespace

int sc_main(int /*argc*/, char* /*argv*/[]) {
  setenv("OMP_NUM_THREADS", std::to_string(kThreads).c_str(), 1);
  fmt::print("VGG-16 convolutions, one image, {} threads, {} turns       least    median  x least x median\n",
             kThreads, kFrames);
  for (const int bits : {8, 16}) fmt::print("{}\n", test::in_child([bits] { return measure(bits); }));
  return 0;
}
