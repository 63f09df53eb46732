// Each value is read and written once: the pass is bound by memory, so one set of instructions serves all processors.

#include "optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace genomenas {
namespace {

// Values that one thread takes at once; fixed, so that sums do not depend on the number of threads.
constexpr int64_t CHUNK = 1 << 14;

std::vector<Piece> chunks(const Piece* pieces, size_t count) {
  std::vector<Piece> all;
  for (const Piece* piece = pieces; piece != pieces + count; piece++)
    for (int64_t at = 0; at < piece->length; at += CHUNK)
      all.push_back({piece->offset + at, std::min(CHUNK, piece->length - at), piece->gradient ? piece->gradient + at : nullptr});
  return all;
}

// The gradient's rule of each algorithm, for one value.
template <Algorithm ALGORITHM, bool GRADIENT>
void update_chunk(const Update& of, const Piece& piece) {
  float* __restrict w = of.weights + piece.offset;
  float* __restrict m = of.first ? of.first + piece.offset : nullptr;
  float* __restrict v = of.second ? of.second + piece.offset : nullptr;
  const float* __restrict gradient = piece.gradient;
  constexpr bool adam = ALGORITHM == Algorithm::adam || ALGORITHM == Algorithm::adamw;
  const float factor = float(of.factor), rate = float(of.rate), epsilon = float(of.epsilon);
  const float decay = ALGORITHM == Algorithm::adamw ? 0.f : float(of.weight_decay);
  const float shrink = ALGORITHM == Algorithm::adamw ? float(1.0 - of.rate * of.weight_decay) : 1.f;
  const float momentum = float(of.momentum), one_minus_beta1 = float(1.0 - of.beta1);
  const float beta2 = float(of.beta2), one_minus_beta2 = float(1.0 - of.beta2);
  const double step = double(of.step);
  const float first_correction = float(of.rate / (1.0 - std::pow(of.beta1, step)));
  const float second_correction = float(1.0 / std::sqrt(1.0 - std::pow(of.beta2, step)));
  for (int64_t i = 0; i < piece.length; i++) {
    float x = w[i] * shrink;
    float g = (GRADIENT ? gradient[i] * factor : 0.f) + decay * x;
    if constexpr (ALGORITHM == Algorithm::sgd) {
      if (m) g = m[i] = momentum * m[i] + g;
      x -= rate * g;
    } else if constexpr (ALGORITHM == Algorithm::rmsprop) {
      v[i] = beta2 * v[i] + one_minus_beta2 * g * g;
      x -= rate * (g / (std::sqrt(v[i]) + epsilon));
    } else if constexpr (adam) {
      m[i] += one_minus_beta1 * (g - m[i]);
      v[i] = beta2 * v[i] + one_minus_beta2 * g * g;
      x -= first_correction * (m[i] / (std::sqrt(v[i]) * second_correction + epsilon));
    }
    w[i] = x;
  }
}

template <Algorithm ALGORITHM>
void update_by(const Update& of, const std::vector<Piece>& all) {
#pragma omp parallel for schedule(static)
  for (size_t at = 0; at < all.size(); at++)
    all[at].gradient ? update_chunk<ALGORITHM, true>(of, all[at]) : update_chunk<ALGORITHM, false>(of, all[at]);
}

}  // namespace

double squares(const Piece* pieces, size_t count) {
  const std::vector<Piece> all = chunks(pieces, count);
  std::vector<double> sums(all.size(), 0.0);
#pragma omp parallel for schedule(static)
  for (size_t at = 0; at < all.size(); at++) {
    if (!all[at].gradient) continue;
    // 16 sums side by side: in vectors, and far more exact than one.
    float lanes[16] = {};
    double sum = 0;
    int64_t i = 0;
    for (; i + 16 <= all[at].length; i += 16)
      for (int lane = 0; lane < 16; lane++) lanes[lane] += all[at].gradient[i + lane] * all[at].gradient[i + lane];
    for (; i < all[at].length; i++) sum += double(all[at].gradient[i]) * all[at].gradient[i];
    for (float lane : lanes) sum += lane;
    sums[at] = sum;
  }
  double sum = 0;
  for (double of_chunk : sums) sum += of_chunk;
  return sum;
}

void update(const Update& of, const Piece* pieces, size_t count) {
  const std::vector<Piece> all = chunks(pieces, count);
  switch (of.algorithm) {
    case Algorithm::sgd: return update_by<Algorithm::sgd>(of, all);
    case Algorithm::rmsprop: return update_by<Algorithm::rmsprop>(of, all);
    case Algorithm::adam: return update_by<Algorithm::adam>(of, all);
    case Algorithm::adamw: return update_by<Algorithm::adamw>(of, all);
  }
}

}  // namespace genomenas
