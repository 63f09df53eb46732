// What the crate calls; src/kernels/ declares the same to Rust.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace genomenas {

// A highway cell with what a pass over it needs. Edges are in the order of their nodes.
struct Highway {
  int64_t nodes;
  int64_t edges;
  const int64_t* rows;              // live edges of each node
  const int32_t* inputs;            // the state that each edge reads
  const uint8_t* functions;         // the functions that may have a share of each edge: a bit each, as enum Share counts
  int32_t norm;                     // enum Norm
  double momentum, epsilon;
  const at::Tensor* mask;           // [B, H], or null
  const at::Tensor* running_mean;   // [H], or null
  const at::Tensor* running_variance;
};

// The outputs [T, B, H] of a cell. `variables`: the input's gates [T, B, 2H], the recurrent half of W0 [H, 2H], the
// shares [edges, 5], and the matrices [H, 2H] of the nodes, all float32 on the CPU.
at::Tensor highway(const Highway& highway, at::TensorList variables);

// What starts the kernels of cell.cu on a device.
struct Launcher {
  // Starts a kernel, as enum Kernel of cell_cuda.h counts, on so many blocks of width x slots threads on a stream of CUDA.
  // Returns 0, or the error of the CUDA driver.
  int32_t (*launch)(const void* on, int32_t kernel, int32_t blocks, int32_t width, int32_t slots, void* arguments, void* stream);
  const void* on;  // what `launch` is called with
};

// The same by libtorch's products and the kernels of a launcher, with all tensors on its device.
at::Tensor highway_by_products(const Highway& highway, at::TensorList variables, const Launcher& launcher);

// Runs the kernels on the processor, for tests: the threads of a block one after the other, or in reverse.
Launcher emulated(bool in_reverse);

// A batch norm. It has a weight and a bias of each channel [C], or the share of an option as its scale, or neither.
struct BatchNorm {
  const at::Tensor* weight;
  const at::Tensor* bias;
  const at::Tensor* share;
  const at::Tensor* running_mean;      // [C]; read where `by_batch` is 0, updated otherwise; null where nothing tracks
  const at::Tensor* running_variance;
  int32_t by_batch;
  double momentum, epsilon;
};

// The norm of values [B, C, L] or [B, C], float32 on the CPU; the result has its channels last in memory.
at::Tensor batch_norm(const at::Tensor& x, const BatchNorm& norm);

// A convolution without biases, of values [B, C, L]: a dense one with `weight` [N, C, taps], or one of each channel with
// `depth` [C, 1, taps] and then of each position's channels with `weight` [N, C, 1].
struct Convolve {
  const at::Tensor* weight;
  const at::Tensor* depth;  // or null
  int64_t stride, padding, dilation;  // a dense one has a dilation of 1
  int32_t rectified;  // whether max(x, 0) is read instead of x
};

// Its value, float32 on the CPU; the result has its channels last in memory.
at::Tensor convolve(const at::Tensor& x, const Convolve& given);

}  // namespace genomenas
