// Tensors as rows of channels, and the kernels for the instructions of this processor.
#pragma once

#include <ATen/ATen.h>

#include "processor.h"

#ifdef __x86_64__
#define GENOMENAS_BY_INSTRUCTIONS(function, ...)                                   \
  switch (instructions()) {                                                        \
    case Instructions::avx512: avx512::function(__VA_ARGS__); break;               \
    case Instructions::avx2: avx2::function(__VA_ARGS__); break;                   \
    default: baseline::function(__VA_ARGS__);                                      \
  }
#else
#define GENOMENAS_BY_INSTRUCTIONS(function, ...) baseline::function(__VA_ARGS__)
#endif

namespace genomenas {

// [B, C, L] or [B, C] as rows of channels, contiguous.
inline at::Tensor rows_of(const at::Tensor& x) { return x.dim() == 3 ? x.transpose(1, 2).contiguous() : x.contiguous(); }

// Room for rows, in the form that values come in. Not a view: mixtures add to it in place.
inline at::Tensor empty_for(const at::Tensor& rows) {
  if (rows.dim() != 3) return at::empty_like(rows);
  const int64_t B = rows.size(0), L = rows.size(1), C = rows.size(2);
  return at::empty_strided({B, C, L}, {L * C, 1, C}, rows.options());
}

}  // namespace genomenas
