// One filter's float weights -> bit-balanced integers and the scale that they share.
#pragma once

#include <cstdint>
#include <vector>

#include "quant/ir/representable.h"
#include "quant/method/names.h"

namespace bitbalance::method {

/// Scale that maps the largest |weight| of a filter to the largest magnitude of the weight's bits, whatever
/// nnzb; 0 when every weight is zero.
double absmax_scale(const float* weights, std::size_t count, int weight_bits);

/// The best of some 40 scales by the squared error after rounding to `set`: eight of each of three octaves
/// around the one that maps the largest |weight| to the largest representable magnitude, then finer ones
/// around the best. `absmax` is tried too, so the result is never worse. Of filters above 4096 weights a
/// sample chooses, spread over channels and kernel alike; all weights decide between its best and `absmax`.
double search_scale(const float* weights, std::size_t count, const RepresentableSet& set, double absmax);

/// Every weight rounded to the nearest representable one, into `count` numbers at `rounded`.
void round_weights(const float* weights, std::size_t count, const RepresentableSet& set, double scale,
                   std::int16_t* rounded);

}  // namespace bitbalance::method
