#include "interface.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

#include <cstdlib>
#include <cstring>

#include "flat_update.h"
#include "optimizer.h"
#include "transfer.h"

namespace {

// Calls f; returns null, or what went wrong in words that the caller frees.
template <class F>
char* tried(F f) {
  try {
    f();
    return nullptr;
  } catch (const c10::Error& error) {
    return strdup(error.what_without_backtrace());
  } catch (const std::exception& error) {
    return strdup(error.what());
  }
}

}  // namespace

extern "C" {

// `launcher`: what starts the kernels for CUDA; null for those of the processor.
char* genomenas_highway(at::Tensor** out, const genomenas::Highway* highway, const at::Tensor* const* variables, size_t count,
                        const genomenas::Launcher* launcher) {
  return tried([&] {
    std::vector<at::Tensor> all;
    for (size_t at = 0; at < count; at++) all.push_back(*variables[at]);
    *out = new at::Tensor(launcher ? genomenas::highway_by_products(*highway, all, *launcher)
                                   : genomenas::highway(*highway, all));
  });
}

void genomenas_emulated(genomenas::Launcher* launcher, int32_t in_reverse) {
  *launcher = genomenas::emulated(in_reverse != 0);
}

char* genomenas_batch_norm(at::Tensor** out, const at::Tensor* x, const genomenas::BatchNorm* norm) {
  return tried([&] { *out = new at::Tensor(genomenas::batch_norm(*x, *norm)); });
}

char* genomenas_convolve(at::Tensor** out, const at::Tensor* x, const genomenas::Convolve* given) {
  return tried([&] { *out = new at::Tensor(genomenas::convolve(*x, *given)); });
}

char* genomenas_squares(double* sum, const genomenas::Piece* pieces, size_t count) {
  return tried([&] { *sum = genomenas::squares(pieces, count); });
}

char* genomenas_update(const genomenas::Update* update, const genomenas::Piece* pieces, size_t count) {
  return tried([&] { genomenas::update(*update, pieces, count); });
}

char* genomenas_update_flat(const genomenas::Update* update, const at::Tensor* weights, const at::Tensor* gradient,
                            const at::Tensor* first, const at::Tensor* second) {
  return tried([&] { genomenas::update_flat(*update, *weights, *gradient, *first, *second); });
}

// Whether CUDA may round what products and convolutions read to TF32. By default, libtorch lets cuDNN, and nothing else.
char* genomenas_float32(int32_t tf32) {
  return tried([&] {
    const auto precision = tf32 ? at::Float32Precision::TF32 : at::Float32Precision::IEEE;
    for (const auto operation : {at::Float32Op::CONV, at::Float32Op::RNN, at::Float32Op::MATMUL}) {
      at::globalContext().setFloat32Precision(at::Float32Backend::CUDA, operation, precision);
    }
  });
}

// Begins or ends autocast to bfloat16 in this thread, on CUDA devices or on the processor.
char* genomenas_bfloat16(int32_t cuda, int32_t begin) {
  return tried([&] {
    const auto device = cuda ? at::kCUDA : at::kCPU;
    if (begin) {
      at::autocast::set_autocast_dtype(device, at::kBFloat16);
      at::autocast::increment_nesting();
    } else if (at::autocast::decrement_nesting() == 0) {
      at::autocast::clear_cache();
    }
    at::autocast::set_autocast_enabled(device, begin != 0);
  });
}

// `values` as a tensor of this shape on a CUDA device.
char* genomenas_to_device(at::Tensor** out, const float* values, const int64_t* shape, size_t dimensions, int32_t device) {
  return tried([&] {
    TORCH_CHECK(device >= 0 && device <= INT8_MAX, "there is no CUDA device ", device);
    const c10::Device cuda(c10::kCUDA, static_cast<c10::DeviceIndex>(device));
    *out = new at::Tensor(genomenas::to_device(values, at::IntArrayRef(shape, dimensions), cuda));
  });
}

// Drops the gradient of a leaf, so that the next backward pass moves its own there instead of adding to it.
char* genomenas_drop_gradient(at::Tensor* leaf) {
  return tried([&] { leaf->mutable_grad() = at::Tensor(); });
}

void genomenas_free(char* words) { std::free(words); }

}  // extern "C"
