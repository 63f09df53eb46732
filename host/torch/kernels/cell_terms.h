// Words that the kernels of the highway cell on the processor and on CUDA have in common. NVRTC reads this file too.
#pragma once

namespace genomenas {

// How the states are normalised over the samples of a batch: not at all, by the batch, or by the running statistics.
enum class Norm : int { none, batch, running };

// The columns of an edge's shares.
enum Share : int { share_tanh, share_identity, share_sigmoid, share_relu, share_gelu, shares };

}  // namespace genomenas
