// The units between DRAM and DRAM without any notion of time: commands of random programs, performed in
// order, give the golden model's data.
#include <catch2/catch.hpp>

#include "hw/isa/transfer/dma_walk.h"
#include "tests/support/child.h"
#include "tests/support/golden_check.h"
#include "tests/support/program_interpreter.h"
#include "tests/support/random/random_case.h"
#include "tlm/accelerator/buffer/activation_buffer.h"
#include "tlm/accelerator/buffer/lookup_tables.h"
#include "tlm/accelerator/buffer/output_buffer.h"
#include "tlm/accelerator/buffer/parameter_buffer.h"
#include "tlm/accelerator/buffer/weight_buffer.h"
#include "tlm/accelerator/compute/compute_sequencer.h"
#include "tlm/accelerator/compute/pe_array.h"
#include "tlm/accelerator/compute/post_processor.h"
#include "tlm/accelerator/compute/vector_unit.h"
#include "tlm/accelerator/compute/weight_encoder.h"

using namespace bitbalance;
using namespace bitbalance::test;
using namespace bitbalance::tlm_level;

namespace {

/// Stands for controller and DRAM interface: performs each command at once.
class Bench : public sc_core::sc_module, public Takes<StoreBlock> {
 public:
  Bench(const sc_core::sc_module_name& name, const AcceleratorConfig& config, const Program& program,
        std::vector<std::uint8_t> data, int threads)
      : sc_module(name),
        program_(program),
        data_(std::move(data)),
        workers_(threads),
        weight_buffer_("weight_buffer", config),
        encoder_("encoder", config, workers_),
        activation_buffer_("activation_buffer", config, workers_),
        pe_array_("pe_array", config),
        parameter_buffer_(config),
        post_processor_("post_processor", config),
        vector_unit_("vector_unit"),
        output_buffer_("output_buffer", config, workers_),
        sequencer_("sequencer", config) {
    weight_loads_.bind(weight_buffer_);
    parameter_loads_.bind(parameter_buffer_);
    table_loads_.bind(lookup_tables_);
    activation_loads_.bind(activation_buffer_);
    output_loads_.bind(output_buffer_);
    compute_.bind(sequencer_);
    vector_.bind(vector_unit_);
    store_.bind(output_buffer_);
    output_buffer_.stores.bind(*this);
    sequencer_.streams.bind(weight_buffer_);
    weight_buffer_.streams.bind(encoder_);
    encoder_.groups.bind(pe_array_);
    sequencer_.pixels.bind(activation_buffer_);
    activation_buffer_.blocks.bind(pe_array_);
    pe_array_.sums.bind(post_processor_);
    post_processor_.results.bind(output_buffer_);
    post_processor_.parameters.bind(parameter_buffer_);
    post_processor_.tables.bind(lookup_tables_);
    vector_unit_.parameters.bind(parameter_buffer_);
    vector_unit_.tables.bind(lookup_tables_);
    vector_unit_.elements.bind(output_buffer_);
  }

  const std::vector<std::uint8_t>& run() {
    for (const Command& command : program_.commands) {
      CommandBlock block{&command, 0, &steps_};
      switch (opcode_of(command)) {
        case Opcode::kLoadWeights: {
          const auto& load = std::get<LoadWeights>(command.body);
          send(weight_loads_, command, program_.constants, {load.dram_offset, blob_bytes(load)});
          break;
        }
        case Opcode::kLoadParameters: {
          const auto& load = std::get<LoadParameters>(command.body);
          send(parameter_loads_, command, program_.constants, {load.dram_offset, blob_bytes(load)});
          break;
        }
        case Opcode::kLoadTable: {
          const auto& load = std::get<LoadTable>(command.body);
          send(table_loads_, command, program_.constants, {load.dram_offset, blob_bytes(load)});
          break;
        }
        case Opcode::kLoadActivations: {
          const TensorSlice& slice = std::get<LoadActivations>(command.body).slice;
          send(activation_loads_, command, data_, {slice, slice.dram_offset});
          break;
        }
        case Opcode::kLoadOutputs: {
          const TensorSlice& slice = std::get<LoadOutputs>(command.body).slice;
          send(output_loads_, command, data_, {slice, slice.dram_offset});
          break;
        }
        case Opcode::kCompute:
          compute_->take(block);
          break;
        case Opcode::kPool:
        case Opcode::kAdd:
        case Opcode::kLookup:
          vector_->take(block);
          break;
        case Opcode::kStore:
          store_->take(block);
          break;
        default:
          break;
      }
    }
    return data_;
  }

 private:
  static void send(BlockPort<LoadBlock>& port, const Command& command,
                   const std::vector<std::uint8_t>& memory, RunWalk runs) {
    std::vector<std::uint8_t> bytes;
    for (; !runs.done(); runs.advance()) {
      const auto begin = memory.begin() + static_cast<std::ptrdiff_t>(runs.run().address);
      bytes.insert(bytes.end(), begin, begin + static_cast<std::ptrdiff_t>(runs.run().bytes));
    }
    LoadBlock block{&command, bytes.data()};
    port->take(block);
  }

  void take(StoreBlock& block) override {
    const TensorSlice& slice = std::get<Store>(block.command->body).slice;
    const std::uint8_t* from = block.bytes.data();
    for (RunWalk runs(slice, slice.dram_offset); !runs.done(); runs.advance()) {
      std::copy_n(from, runs.run().bytes, data_.begin() + static_cast<std::ptrdiff_t>(runs.run().address));
      from += runs.run().bytes;
    }
  }

  const Program& program_;
  std::vector<std::uint8_t> data_;
  std::vector<RowGroupSteps> steps_;
  BlockPort<LoadBlock> weight_loads_{"weight_loads"}, parameter_loads_{"parameter_loads"},
      table_loads_{"table_loads"};
  BlockPort<LoadBlock> activation_loads_{"activation_loads"}, output_loads_{"output_loads"};
  BlockPort<CommandBlock> compute_{"compute"}, vector_{"vector"}, store_{"store"};
  WorkerPool workers_;
  WeightBuffer weight_buffer_;
  WeightEncoder encoder_;
  ActivationBuffer activation_buffer_;
  PeArray pe_array_;
  ParameterBuffer parameter_buffer_;
  LookupTables lookup_tables_;
  PostProcessor post_processor_;
  VectorUnit vector_unit_;
  OutputBuffer output_buffer_;
  ComputeSequencer sequencer_;
};

}  // namespace

TEST_CASE("the units give the golden model's data for random programs") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    const std::string wrong = in_child([seed] {
      const RandomCase c = make_random_case(seed);
      Bench bench("bench", c.config, c.mapped.program,
                  place_images(c.mapped.program, c.network, c.images, 0xa5), 1 + static_cast<int>(seed % 3));
      sc_core::sc_start(sc_core::SC_ZERO_TIME);  // completes the binding of sockets
      return first_mismatch(c, bench.run());
    });
    REQUIRE(wrong == "");
  }
}
