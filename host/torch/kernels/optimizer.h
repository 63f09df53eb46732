// One pass of an optimizer over weights, in place.
#pragma once

#include <cstddef>
#include <cstdint>

namespace genomenas {

// A weight within the flat weights, and its gradient; null where it has none, which counts as zeros.
struct Piece {
  int64_t offset, length;
  const float* gradient;
};

enum class Algorithm : int32_t { sgd, rmsprop, adam, adamw };

struct Update {
  Algorithm algorithm;
  double rate, weight_decay;
  double momentum;     // of SGD
  double beta1, beta2; // of Adam; beta2 is RMSprop's alpha
  double epsilon;
  double factor;       // of the gradients: what clipping leaves of them
  uint64_t step;       // from 1
  float* weights;
  float* first;        // momentum, or Adam's first moment; null where the algorithm has none
  float* second;       // mean of squared gradients; null likewise
};

// The sum of the squares of all gradients. It does not depend on the number of threads.
double squares(const Piece* pieces, size_t count);

void update(const Update& update, const Piece* pieces, size_t count);

}  // namespace genomenas
