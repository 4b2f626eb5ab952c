#include "hw/compiler/mapper.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "base/text/config_error.h"
#include "quant/host/graph_builders.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tests/support/smallest_buffers.h"

using namespace bitbalance;
using namespace bitbalance::test;

namespace {

/// Does a transfer take a part of a tensor's width, of several rows?
bool has_row_gaps(const Program& program) {
  return std::any_of(program.commands.begin(), program.commands.end(), [](const Command& command) {
    const auto* load = std::get_if<LoadActivations>(&command.body);
    const auto* store = std::get_if<Store>(&command.body);
    return (load != nullptr && load->slice.row_gap != 0) || (store != nullptr && store->slice.row_gap != 0);
  });
}

}  // namespace

TEST_CASE(
    "programs of random networks compute what the golden model does, whichever ready engine goes first") {
  int cut_in_width = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    const RandomCase c = make_random_case(seed);
    cut_in_width += has_row_gaps(c.mapped.program) ? 1 : 0;
    for (std::uint64_t schedule = 0; schedule < 2; ++schedule) {
      const auto data = interpret(c.mapped.program, c.config,
                                  place_images(c.mapped.program, c.network, c.images, 0xa5), schedule);
      REQUIRE(first_mismatch(c, data) == "");
    }
  }
  CHECK(cut_in_width > 20);
}

namespace {

// One 3x3 convolution, 8-bit, all weights 1.
QuantizedNetwork one_convolution(const Shape& in, int out_channels) {
  QuantizedNetwork n;
  n.name = "one";
  n.tensors = {{"in", in, 8, false, 1.0}, {"out", {out_channels, in.height, in.width}, 8, false, 1.0}};
  n.input = 0;
  n.output = 1;
  QuantizedLayer l;
  l.name = "conv1";
  l.input = 0;
  l.output = 1;
  l.window = {3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
  l.weights.assign(static_cast<std::size_t>(in.channels * out_channels * 9), 1);
  l.bias.assign(static_cast<std::size_t>(out_channels), 0);
  l.rescale.assign(static_cast<std::size_t>(out_channels), Rescale{1, 4});
  l.weight_scale.assign(static_cast<std::size_t>(out_channels), 1.0);
  l.clip_low = 0;
  l.clip_high = 255;
  n.layers = {l};
  return n;
}

std::string refusal(const QuantizedNetwork& n, const AcceleratorConfig& c, const MapperOptions& o = {}) {
  try {
    build_program(n, c, o);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the smallest buffers of a network are enough, and none may be smaller") {
  struct Buffer {
    const char* name;
    int AcceleratorConfig::*bytes;
    int step;
  };
  constexpr Buffer kBuffers[] = {{"weight_bank_bytes", &AcceleratorConfig::weight_bank_bytes, 8},
                                 {"activation_buffer_bytes", &AcceleratorConfig::activation_buffer_bytes, 2},
                                 {"output_buffer_bytes", &AcceleratorConfig::output_buffer_bytes, 2},
                                 {"parameter_buffer_bytes", &AcceleratorConfig::parameter_buffer_bytes, 16}};
  std::map<std::string, int> refused;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    RandomCase c = make_random_case(seed, {3, 14, 40, 2});
    MapperOptions options;
    options.batch = c.mapped.program.batch;
    options.fuse_pooling = seed % 4 != 0;
    AcceleratorConfig smallest = c.config;
    smallest.weight_bank_bytes = smallest.parameter_buffer_bytes = 64;
    smallest.activation_buffer_bytes = smallest.output_buffer_bytes = 2 * smallest.columns;
    enlarge(smallest, smallest_buffers(c.network, smallest, options));
    const Mapper mapper(c.network);
    REQUIRE_NOTHROW(mapper.map(smallest, options));
    for (const Buffer& buffer : kBuffers) {
      AcceleratorConfig smaller = smallest;
      smaller.*buffer.bytes -= buffer.step;
      try {
        check(smaller);
      } catch (const ConfigError&) {
        continue;  // no accelerator has less
      }
      CAPTURE(buffer.name);
      try {
        mapper.map(smaller, options);
        FAIL("accepted");
      } catch (const ConfigError& error) {
        REQUIRE(error.parameter() == buffer.name);
        REQUIRE_THAT(error.what(), Catch::StartsWith("layer layer"));
        ++refused[buffer.name];
      }
    }
  }
  for (const Buffer& buffer : kBuffers) CHECK(refused[buffer.name] > 20);
}

TEST_CASE("sums that could overflow are refused tightly, unless they may wrap") {
  QuantizedNetwork n = one_convolution({1, 4, 4}, 1);
  AcceleratorConfig c;
  c.accumulator_bits_8 = 16;
  // Nine weights of 1 on activations up to 255 reach 2295; the accumulator holds 32767.
  n.layers[0].bias[0] = 32767 - 2295;
  CHECK(refusal(n, c) == "");
  CHECK_FALSE(may_overflow(n, c));
  n.layers[0].bias[0] += 1;
  CHECK(may_overflow(n, c));
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1: accumulator_bits_8 = 16: accepted: ") &&
                                Catch::Contains("can reach 32768 instead of 32767") &&
                                Catch::Contains("allow_wrap"));
  c.allow_wrap = true;
  CHECK(refusal(n, c) == "");
}

TEST_CASE("lanes of 8 bits refuse wider activations, a short shift wider weights") {
  QuantizedNetwork n = one_convolution({1, 4, 4}, 1);
  AcceleratorConfig c;
  c.pe = {PeLanes::kNarrow, 7};
  CHECK(refusal(n, c) == "");
  n.layers[0].weight_bits = 10;
  CHECK_THAT(refusal(n, c), Catch::Contains("layer conv1: weight_bits = 10: accepted: at most 9"));
  n.layers[0].weight_bits = 8;
  for (QuantizedTensor& tensor : n.tensors) {
    tensor.bits = 16;
    tensor.is_signed = true;
  }
  CHECK_THAT(refusal(n, c),
             Catch::Contains("layer conv1: activation_bits = 16: accepted: 8, which lanes of 2x8 take"));
  c.pe.lanes = PeLanes::kAdaptive;
  CHECK(refusal(n, c) == "");
}

TEST_CASE("a user's mapping is taken, reported and checked") {
  const QuantizedNetwork n = one_convolution({16, 12, 12}, 64);
  MapperOptions o;
  o.mappings = {{"conv1", 1, 5, 0, 1, 32, 16, LoopOrder::kWeightsOuter}};
  const MappedProgram mapped = build_program(n, {}, o);
  CHECK(mapped.mappings.at(0).rows == 5);
  CHECK(mapped.mappings.at(0).output_channels == 32);
  CHECK(mapped.mappings.at(0).order == LoopOrder::kWeightsOuter);
  // 2 channel blocks x 3 row blocks.
  CHECK(std::count_if(mapped.program.commands.begin(), mapped.program.commands.end(),
                      [](const Command& k) { return std::holds_alternative<Compute>(k.body); }) == 6);
  // Weights outer: each weight block is loaded once.
  CHECK(std::count_if(mapped.program.commands.begin(), mapped.program.commands.end(),
                      [](const Command& k) { return std::holds_alternative<LoadWeights>(k.body); }) == 2);

  o.mappings[0].output_channels = 33;
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("conv1") && Catch::Contains("output_channels = 33"));
  o.mappings[0] = {"conv1", 1, 13, 0, 1, 32, 16, LoopOrder::kWeightsOuter};
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("rows = 13"));
  o.mappings[0].rows = 12;
  o.mappings[0].columns = 13;
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("columns = 13: accepted: 12, or multiples of 1 up to 12"));
  o.mappings[0] = {"other", 0, 0, 0, 0, 0, 0, LoopOrder::kWeightsOuter};
  CHECK_THAT(refusal(n, {}, o), Catch::Contains("layer other"));
}

TEST_CASE("what a user leaves out of a mapping follows from what it says") {
  MapperOptions o;
  o.batch = 4;
  const auto effort = GENERATE(MappingEffort::kFast, MappingEffort::kGood, MappingEffort::kExhaustive);
  o.effort = effort;
  LayerMapping images{"conv1"};
  images.images = 3;
  o.mappings = {images};
  const LayerMapping taken = build_program(one_convolution({4, 6, 5}, 8), {}, o).mappings.at(0);
  CHECK(taken.images == 3);
  CHECK(taken.rows == 6);
  CHECK(taken.columns == 5);

  QuantizedNetwork grouped = one_convolution({1, 6, 5}, 8);
  grouped.tensors[0].shape.channels = 4;
  grouped.layers[0].groups = 4;
  LayerMapping groups{"conv1"};
  groups.conv_groups = 2;
  o.mappings = {groups};
  const LayerMapping of_groups = build_program(grouped, {}, o).mappings.at(0);
  CHECK(of_groups.conv_groups == 2);
  CHECK(of_groups.output_channels == 2);
}

TEST_CASE("a convolution clips for the pooling that it takes in, and compares in the pooling's sign") {
  QuantizedNetwork n = one_convolution({1, 4, 4}, 1);
  n.tensors[1].is_signed = true;
  n.layers[0].clip_low = -128;
  n.layers[0].clip_high = 100;
  n.tensors.push_back({"pooled", {1, 2, 2}, 8, false, 1.0});
  QuantizedLayer pool;
  pool.name = "pool";
  pool.op = LayerOp::kMaxPool;
  pool.input = 1;
  pool.output = n.output = 2;
  pool.window = {2, 2, 2, 2};
  n.layers.push_back(pool);
  const auto command = [&](int low, int high) {
    n.layers[1].clip_low = low;
    n.layers[1].clip_high = high;
    for (const Command& c : build_program(n, {}, {}).program.commands)
      if (const auto* compute = std::get_if<Compute>(&c.body)) return *compute;
    return Compute{};
  };
  CHECK(command(0, 255).clip_low == 0);
  CHECK(command(0, 255).clip_high == 100);
  CHECK_FALSE(command(0, 255).output_signed);
  CHECK(command(5, 60).clip_low == 5);
  CHECK(command(5, 60).clip_high == 60);
  CHECK(command(120, 200).clip_low == 120);  // above all that the convolution lets through
  CHECK(command(120, 200).clip_high == 120);
}

TEST_CASE("a convolution takes in a function, also behind its pooling if that never falls") {
  AcceleratorConfig config;
  config.lookup_tables = 1;
  QuantizedNetwork n = one_convolution({1, 4, 4}, 1);
  n.tensors[1].is_signed = true;
  n.layers[0].clip_low = -128;
  n.layers[0].clip_high = 127;
  n.tensors.push_back({"pooled", {1, 2, 2}, 8, true, 1.0});
  n.tensors.push_back({"result", {1, 2, 2}, 8, false, 1.0});
  QuantizedLayer pool;
  pool.name = "pool";
  pool.op = LayerOp::kMaxPool;
  pool.input = 1;
  pool.output = 2;
  pool.window = {2, 2, 2, 2};
  QuantizedLayer function;
  function.name = "function";
  function.op = LayerOp::kLookup;
  function.input = 2;
  function.output = n.output = 3;
  function.clip_low = 0;
  function.clip_high = 255;
  function.table.resize(256);
  for (int q = -128; q < 128; ++q) function.table[q & 255] = static_cast<std::int16_t>(q + 128);
  n.layers.push_back(pool);
  n.layers.push_back(function);
  const auto op = [&] {
    std::string ops;
    for (const ProgramLayer& layer : build_program(n, config, {}).program.layers) ops += layer.op + " ";
    return ops;
  };
  CHECK(op() == "conv+maxpool+lookup ");
  n.layers[2].table[0] = 200;  // of code 0; code 1 has 129
  CHECK(op() == "conv+maxpool lookup ");

  SECTION("a function ahead of the pooling, whatever it is, unless the pooling clips its results") {
    n.layers.pop_back();
    n.tensors.pop_back();
    n.output = 2;
    n.layers[0].table.assign(256, -7);
    CHECK(op() == "conv+lookup+maxpool ");
    n.layers[1].clip_low = 0;
    CHECK(op() == "conv+lookup maxpool ");
  }
  SECTION("an accelerator without tables") {
    config.lookup_tables = 0;
    CHECK_THROWS_WITH(build_program(n, config, {}),
                      Catch::Contains("layer function") && Catch::Contains("lookup_tables"));
  }
}

TEST_CASE("random programs ask tables of both widths, by convolutions, behind pooling, and alone") {
  int fused[2] = {}, pooled = 0, alone[2] = {};
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    for (const Command& c : make_random_case(seed).mapped.program.commands) {
      if (const auto* compute = std::get_if<Compute>(&c.body); compute != nullptr && compute->lookup) {
        ++fused[static_cast<std::size_t>(compute->width)];
        pooled += compute->pool_h > 1 || compute->pool_w > 1 ? 1 : 0;
      }
      if (const auto* lookup = std::get_if<Lookup>(&c.body)) ++alone[static_cast<std::size_t>(lookup->width)];
    }
  }
  for (const int count : {fused[0], fused[1], pooled, alone[0], alone[1]}) CHECK(count > 20);
}

TEST_CASE("a layer as wide as it may be needs no larger buffers than one of its outputs") {
  struct Wide {
    Shape input;
    int out_channels;
  };
  for (const Wide& wide : {Wide{{3, 4096, 4096}, 8}, Wide{{32, 1080, 1920}, 32}, Wide{{16, 1, 65535}, 4}}) {
    const QuantizedNetwork n = one_convolution(wide.input, wide.out_channels);
    const Mapper mapper(n);
    for (const Synchronization rule : {Synchronization::kBalanced, Synchronization::kTileMax}) {
      AcceleratorConfig smallest;
      smallest.synchronization = rule;
      smallest.weight_bank_bytes = smallest.parameter_buffer_bytes = 64;
      smallest.activation_buffer_bytes = smallest.output_buffer_bytes = 2 * smallest.columns;
      enlarge(smallest, smallest_buffers(n, smallest, {}));
      CAPTURE(wide.input.width, smallest.activation_buffer_bytes);
      // All commands of the smallest buffers would be millions: a few KB more make them fewer.
      smallest.activation_buffer_bytes = std::max(smallest.activation_buffer_bytes, 16 * 1024);
      smallest.output_buffer_bytes = std::max(smallest.output_buffer_bytes, 16 * 1024);
      const MappedProgram mapped = std::move(mapper.map(smallest, {}).front());
      CHECK(mapped.mappings.front().columns < wide.input.width);
    }
  }
}

TEST_CASE("a block may lie in the padding altogether") {
  RandomCase c;
  c.network = one_convolution({2, 2, 3}, 2);
  QuantizedLayer& conv = c.network.layers[0];
  conv.window.pad_top = 4;
  conv.window.pad_bottom = 5;
  conv.window.pad_left = 5;
  conv.window.pad_right = 4;
  conv.bias = {300, -20};
  c.network.tensors[1].shape = conv.window.output_shape({2, 2, 3}, 2);
  c.images = {{1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 110, 120}};
  for (const int rows : {0, 1, 2, 3}) {
    for (const int columns : {0, 1, 2, 5}) {
      INFO(rows << " rows and " << columns << " columns per block");
      MapperOptions o;
      o.mappings = {{"conv1", 1, rows, columns, 1, 2, 2, LoopOrder::kActivationsOuter}};
      c.mapped = build_program(c.network, c.config, o);
      const auto before = place_images(c.mapped.program, c.network, c.images, 0xa5);
      CHECK(first_mismatch(c, interpret(c.mapped.program, c.config, before, 0)) == "");
      for (const Command& command : c.mapped.program.commands) {
        const auto* load = std::get_if<LoadActivations>(&command.body);
        if (load != nullptr) CHECK((load->slice.rows > 0 && load->slice.columns > 0));
      }
    }
  }
}

TEST_CASE("weights of the next layer are loaded before its activations wait for the last store") {
  QuantizedNetwork n = one_convolution({16, 12, 12}, 16);
  QuantizedLayer second = n.layers[0];
  n.tensors.push_back(n.tensors[1]);
  second.name = "conv2";
  second.input = 1;
  second.output = 2;
  n.layers.push_back(second);
  n.output = 2;
  const Program p = build_program(n, {}, {}).program;
  std::vector<const Command*> loads;
  for (const Command& c : p.commands) {
    if (c.header.layer == 1 && has_engine(c) && engine_of(c) == Engine::kLoad) loads.push_back(&c);
  }
  REQUIRE(loads.size() == 3);
  CHECK(std::holds_alternative<LoadWeights>(loads[0]->body));
  CHECK(loads[0]->header.wait == 0);
  CHECK(std::holds_alternative<LoadActivations>(loads[2]->body));
  CHECK(loads[2]->header.wait == engine_bit(Engine::kStore));
}

namespace {

// Two convolutions into the halves of a tensor, LRN on the host, and a convolution of its result.
QuantizedNetwork segmented_network() {
  QuantizedNetwork n = one_convolution({4, 5, 5}, 8);
  n.tensors.push_back({"high", {8, 5, 5}, 8, false, 1.0});
  n.tensors.push_back({"both", {16, 5, 5}, 8, false, 1.0});
  n.tensors.push_back({"norm", {16, 5, 5}, 8, false, 1.0});
  n.tensors.push_back({"last", {8, 5, 5}, 8, false, 1.0});
  n.tensors[1].parent = n.tensors[2].parent = 3;
  n.tensors[2].channel_offset = 8;
  n.layers.push_back(n.layers[0]);
  n.layers[1].name = "conv2";
  n.layers[1].output = 2;
  QuantizedLayer lrn;
  lrn.name = "norm";
  lrn.op = LayerOp::kHost;
  lrn.host = lrn_graph({16, 5, 5}, {});
  lrn.input = 3;
  lrn.output = 4;
  lrn.clip_low = 0;
  lrn.clip_high = 255;
  n.layers.push_back(lrn);
  n.layers.push_back(one_convolution({16, 5, 5}, 8).layers[0]);
  n.layers[3].name = "conv3";
  n.layers[3].input = 4;
  n.layers[3].output = 5;
  n.output = 5;
  return n;
}

}  // namespace

TEST_CASE("a layer on the host ends a program, and the next one finds its tensors in place") {
  const std::vector<MappedProgram> segments = build_segments(segmented_network(), {}, {});
  REQUIRE(segments.size() == 2);
  const Program& first = segments[0].program;
  const Program& second = segments[1].program;
  REQUIRE(first.layers.size() == 3);
  CHECK(first.layers[2].on_host);
  CHECK(first.layers[2].op == "lrn");
  REQUIRE(second.layers.size() == 1);
  CHECK(second.first_layer == 3);
  for (const Command& command : second.commands) CHECK(command.header.layer == 3);
  for (const TensorPlacement& placement : first.tensors) {
    CHECK(std::any_of(second.tensors.begin(), second.tensors.end(), [&](const TensorPlacement& p) {
      return p.tensor == placement.tensor && p.offset == placement.offset;
    }));
  }
  CHECK(second.data_bytes > first.data_bytes);
  CHECK_THAT(refusal(segmented_network(), {}, {}), Catch::Contains("layer norm runs on the host"));
}

TEST_CASE("a slice lies at its channels of the whole tensor") {
  const Program program = build_segments(segmented_network(), {}, {})[0].program;
  std::map<int, TensorPlacement> placements;
  for (const TensorPlacement& p : program.tensors) placements[p.tensor] = p;
  CHECK(placements.at(1).offset == placements.at(3).offset);
  CHECK(placements.at(2).offset == placements.at(3).offset + 8 * 25);
  CHECK(placements.at(2).image_pitch == placements.at(3).image_pitch);
}
