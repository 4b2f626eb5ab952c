// Graphs of host operators that stand for layers on images.
#pragma once

#include <string>
#include <vector>

#include "base/shape.h"
#include "quant/host/host_graph.h"

namespace bitbalance::host {

/// Channels over all elements of a channel: what an image is to scaling and concatenation.
Dims channel_dims(const Shape& image);

/// An operator without attributes.
HostOperator host_step(const char* type, Dims result, std::vector<HostOperand> operands);
/// The same elements under other extents.
HostOperator view_step(int value, const Dims& dims);

/// Of a graph of these steps, in reports: the operator of the file that all of them stand for, "softmax";
/// "host" where there are several. The same elements under other extents stand for any.
std::string title_of(const std::vector<HostOperator>& steps);

/// Local response normalization: y[c] = x[c] / (k + alpha / size * sum of x[i]^2)^beta, i over the `size`
/// channels around c that exist.
struct Lrn {
  int size = 5;
  float alpha = 1e-4F;
  float beta = 0.75F;
  float k = 1.0F;
};
HostGraph lrn_graph(const Shape& image, const Lrn& lrn);

/// Over all elements of an image.
HostGraph softmax_graph(const Shape& image);

}  // namespace bitbalance::host
