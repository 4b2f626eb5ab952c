// One meaning, one form, asked for ahead of all handlers: a node that says in other words what a layer or an
// operator of the host is becomes that, so that neither costs nor bits depend on the spelling.
#pragma once

#include "quant/onnx/graph/graph.h"

namespace bitbalance::onnx_io {

/// Imports the node in its canonical form; false: it is one already, or has none. `import` takes nodes that
/// stand for it.
///
/// | in words | canonical |
/// |---|---|
/// | Sum, Mean of several | Add after Add; a mean then times 1/n |
/// | Neg | times -1 |
/// | Relu, Clip, Max and Min with a constant, one after the other | one clip |
/// | ReduceMean, ReduceMax over all but channels, of four dimensions or more | global pooling |
/// | Pad with zeros (of maxima: with what is no larger than any element) | padding of the window after it |
/// | functions of each element, spelled | see idioms.h |
bool import_canonical(OnnxGraph& graph, const onnx::NodeProto& node,
                      void (*import)(OnnxGraph&, const onnx::NodeProto&));

}  // namespace bitbalance::onnx_io
