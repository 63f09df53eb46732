#include "interface.h"

#include <cstdlib>
#include <cstring>

#include "optimizer.h"
#include "processor.h"

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

char* genomenas_highway(at::Tensor** out, const genomenas::Highway* highway, const at::Tensor* const* variables, size_t count) {
  return tried([&] {
    std::vector<at::Tensor> all;
    for (size_t at = 0; at < count; at++) all.push_back(*variables[at]);
    *out = new at::Tensor(genomenas::highway(*highway, all));
  });
}

char* genomenas_batch_norm(at::Tensor** out, const at::Tensor* x, const genomenas::BatchNorm* norm) {
  return tried([&] { *out = new at::Tensor(genomenas::batch_norm(*x, *norm)); });
}

char* genomenas_squares(double* sum, const genomenas::Piece* pieces, size_t count) {
  return tried([&] { *sum = genomenas::squares(pieces, count); });
}

char* genomenas_update(const genomenas::Update* update, const genomenas::Piece* pieces, size_t count) {
  return tried([&] { genomenas::update(*update, pieces, count); });
}

// Drops the gradient of a leaf, so that the next backward pass moves its own there instead of adding to it.
char* genomenas_drop_gradient(at::Tensor* leaf) {
  return tried([&] { leaf->mutable_grad() = at::Tensor(); });
}

const char* genomenas_instructions() {
  switch (genomenas::instructions()) {
    case genomenas::Instructions::avx512: return "AVX-512";
    case genomenas::Instructions::avx2: return "AVX2";
    default: return "baseline";
  }
}

void genomenas_free(char* words) { std::free(words); }

}  // extern "C"
