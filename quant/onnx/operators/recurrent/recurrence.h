// One direction of an RNN, LSTM or GRU, one step after the other: products with their weights are layers of
// the accelerator, what is between them runs on the host.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/onnx/operators/recurrent/activation.h"

namespace bitbalance::onnx_io {

/// Extents of a recurrent node.
struct RecurrentExtents {
  std::int64_t steps, batch, inputs, hidden, directions;
  std::vector<std::int64_t> lengths;  ///< of the sequences, in steps; none: all have all steps
};

/// What goes from step to step.
struct RecurrentState {
  OnnxValue hidden, cell;  ///< batch x hidden
};

class Recurrence {
 public:
  using Floats = std::vector<float>;

  /// Inputs are those of the standard, but steps come first (layout 0).
  struct Inputs {
    OnnxValue x;       ///< steps x batch x inputs
    OnnxValue hidden;  ///< directions x batch x hidden
    OnnxValue cell;    ///< the same; of an LSTM
  };

  Recurrence(OnnxGraph& graph, const onnx::NodeProto& node, Spelling& words, const RecurrentExtents& extents,
             std::vector<Activation> activations, int direction)
      : graph_(graph),
        node_(node),
        words_(words),
        extents_(extents),
        activations_(std::move(activations)),
        direction_(direction) {}

  /// The hidden state after each step, in the order of time, and the last state. A sequence that is shorter
  /// than others has zeros after its end, and keeps its state there.
  std::vector<OnnxValue> run(const Inputs& inputs, bool is_backward, RecurrentState& last);

 private:
  /// This direction's share of a constant input; zeros where it is left out.
  Floats part(int index, std::int64_t count) const;
  static OnnxValue constant(Dims dims, Floats values) {
    return {-1, std::move(dims), std::move(values), onnx::TensorProto::FLOAT};
  }
  OnnxValue initial(OnnxValue given);
  /// x weights^T + bias: `weights` has a row per result.
  OnnxValue product(OnnxValue x, Floats weights, Floats bias);
  /// All steps' products with the inputs' weights, a row per step and element of the batch. Of the recurrent
  /// product's bias the first `joined` elements are in it.
  OnnxValue input_product(const OnnxValue& x, std::int64_t gates, std::int64_t joined);
  OnnxValue gate(const OnnxValue& sums, std::int64_t index);
  OnnxValue slice(const OnnxValue& of, std::int64_t axis, std::int64_t first, std::int64_t end);
  /// By activation number `index` of this direction, after the clip that the node asks for.
  OnnxValue act(std::size_t index, const OnnxValue& x);
  OnnxValue add(const OnnxValue& a, const OnnxValue& b) { return words_.step("Add", {a, b}); }
  OnnxValue multiply(const OnnxValue& a, const OnnxValue& b) { return words_.step("Mul", {a, b}); }

  std::int64_t gates() const;
  bool resets_linearly() const;
  RecurrentState step(const OnnxValue& input, const RecurrentState& before);
  RecurrentState rnn_step(const OnnxValue& input, const RecurrentState& before);
  RecurrentState lstm_step(const OnnxValue& input, const RecurrentState& before);
  RecurrentState gru_step(const OnnxValue& input, const RecurrentState& before);
  /// Keeps the state of those sequences that have no such step; gives the hidden state that they show.
  OnnxValue hold(std::int64_t time, const RecurrentState& before, RecurrentState& after);

  OnnxGraph& graph_;
  const onnx::NodeProto& node_;
  Spelling& words_;
  const RecurrentExtents& extents_;
  const std::vector<Activation> activations_;
  const std::int64_t direction_;
  int products_ = 0;
};

}  // namespace bitbalance::onnx_io
