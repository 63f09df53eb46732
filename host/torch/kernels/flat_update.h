// An optimizer's pass over flat weights by libtorch's own fused kernels.
#pragma once

#include <ATen/core/Tensor.h>

#include "optimizer.h"

namespace genomenas {

// Updates `weights` by `gradient`, both [N] on one device; the moments are [N], or empty where the algorithm has none.
// Pointers and the factor of `update` are not read. libtorch has no such kernel for RMSprop.
void update_flat(const Update& update, const at::Tensor& weights, const at::Tensor& gradient, const at::Tensor& first,
                 const at::Tensor& second);

}  // namespace genomenas
