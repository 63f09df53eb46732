// Batch normalisation of values whose channels lie next to each other, on plain arrays; see cell.h for why.
#pragma once

#include "team.h"
#include "tile.h"

namespace genomenas {

// R rows of C channels.
struct Values {
  long R, C;
  int threads;  // at most
  Team team;
};

#define GENOMENAS_NORM(isa)                                                                                           \
  namespace isa {                                                                                                     \
  /* The mean and the sum of squared distances from it of each channel. */                                            \
  void statistics(const Values& values, const float* x, float* mean, float* squares, float* room);                    \
  /* y = x * a + b by channel. */                                                                                      \
  void scale(const Values& values, const float* x, const float* a, const float* b, float* y);                         \
  /* The sums over rows of d and of d * (x - mean) by channel. */                                                      \
  void sums(const Values& values, const float* x, const float* d, const float* mean, float* of_d, float* of_product,  \
            float* room);                                                                                             \
  /* dx = d * a + x * b + c by channel. */                                                                             \
  void combine(const Values& values, const float* x, const float* d, const float* a, const float* b, const float* c,  \
               float* dx);                                                                                            \
  }
GENOMENAS_NORM(baseline)
GENOMENAS_NORM(avx2)
GENOMENAS_NORM(avx512)
#undef GENOMENAS_NORM

// Floats of room that `statistics` and `sums` need.
static inline long room_of(long C, int threads) { return 4 * C * rows_of_tile(C) * threads; }

}  // namespace genomenas
