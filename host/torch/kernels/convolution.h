// Convolutions of values whose channels lie next to each other, on plain arrays; see cell.h for why.
//
// Two kinds: a dense one, and a separable one, which is a convolution of each channel and then a product of each position's
// channels. Both read x as max(x, 0) where it is `rectified`.
#pragma once

#include "team.h"
#include "tile.h"

namespace genomenas {

// The most taps.
constexpr long MOST_TAPS = 64;

struct Convolution {
  long B, L;      // samples, and positions of each
  long C, N;      // channels of x, and of y
  long taps, stride, padding, dilation;  // a dense one has a dilation of 1
  long out;       // positions of y
  bool rectified;
  int threads;    // at most
  Team team;
};

// x is [B, L, C] and y [B, out, N]. The weights of a dense one are [N, C, taps]; a separable one has `depth` [C, taps] and
// `point` [N, C]. Gradients are as what they are of; dx, and those of the weights together, may be null.
#define GENOMENAS_CONVOLUTION(isa)                                                                                    \
  namespace isa {                                                                                                     \
  void dense(const Convolution& shape, const float* x, const float* weight, float* y, float* room);                   \
  void dense_gradients(const Convolution& shape, const float* x, const float* weight, const float* dy, float* dx,     \
                       float* d_weight, float* room);                                                                 \
  void separable(const Convolution& shape, const float* x, const float* depth, const float* point, float* y,          \
                 float* room);                                                                                        \
  void separable_gradients(const Convolution& shape, const float* x, const float* depth, const float* point,          \
                           const float* dy, float* dx, float* d_depth, float* d_point, float* room);                  \
  }
GENOMENAS_CONVOLUTION(baseline)
GENOMENAS_CONVOLUTION(avx2)
GENOMENAS_CONVOLUTION(avx512)
#undef GENOMENAS_CONVOLUTION

// How the work is cut: into chunks of positions whose values stay in the nearest caches, with the sizes of what a thread
// keeps of one, in floats. (Static: no copy is shared between units.)
struct Cut {
  long rows;      // positions of y in a chunk
  long chunks;    // of a sample
  long span;      // by how many positions the taps reach further
  long tile;      // floats of a tile of x
  long slack;     // floats behind an array that may be read or written
  long phase;     // floats of the positions of x that differ by the stride
  long around;    // rows of dy that a chunk's positions of x depend on, and its own
  long middle;    // floats of an array of so many rows
  long weights;   // floats of the gradients of the weights
  long shared;    // what all threads share
  long own;       // what each has
};

static inline Cut cut_of(const Convolution& s) {
  Cut cut;
  const long widest = s.C > s.N ? s.C : s.N, padded_c = (s.C + 15) / 16 * 16, padded_n = (s.N + 15) / 16 * 16;
  cut.rows = 8192 / widest < 64 ? 64 : 8192 / widest;
  if (cut.rows > s.out) cut.rows = s.out;
  // Threads without a sample of their own share one.
  while (cut.rows > 64 && s.B < s.threads && s.B * ((s.out + cut.rows - 1) / cut.rows) < 4 * s.threads) cut.rows /= 2;
  cut.chunks = (s.out + cut.rows - 1) / cut.rows;
  cut.span = (s.taps - 1) * s.dilation;
  cut.tile = rows_of_tile(s.C) * s.C;
  cut.slack = 8 * cut.tile + 64;
  cut.phase = (cut.rows + cut.span / s.stride + 2) * s.C + cut.slack;
  // The last chunk has the positions of x behind those of the others, too.
  const long behind = s.L > s.out * s.stride ? (s.L - s.out * s.stride) / s.stride + 1 : 0;
  const long before = s.padding > cut.span ? (s.padding - cut.span) / s.stride : 0;
  cut.around = cut.rows + behind + cut.span / s.stride + before + 4;
  cut.middle = cut.around * widest + cut.slack;
  const long dense = s.N * ((s.taps * s.C + 15) / 16 * 16), separable = s.taps * cut.tile + s.N * padded_c;
  cut.weights = dense > separable ? dense : separable;
  const long products = s.C * padded_n > s.N * padded_c ? s.C * padded_n : s.N * padded_c;
  cut.shared = s.taps * (cut.tile + products);
  cut.own = s.stride * cut.phase + 3 * cut.middle + cut.weights + cut.tile;
  return cut;
}

// Floats of room that any of the functions needs.
static inline long room_of(const Convolution& shape) {
  const Cut cut = cut_of(shape);
  return cut.shared + shape.threads * cut.own;
}

}  // namespace genomenas
