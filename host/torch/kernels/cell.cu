// The highway cell between its products, for CUDA; equations as in cell.inc. highway_cuda.cpp has the order of the calls.
//
// NVRTC compiles this file on the machine that runs it, and emulated.cpp compiles it for the processor, where its values
// are tested. So there are no headers of CUDA, and a kernel is a row of stages, STAGE ... MEET: in each, every thread of
// the block runs to its end before any begins the next one. What a thread needs later is in memory, not in variables.
//
// A thread reads and writes the channel i of the samples slot, slot + SLOTS, ... of every array of values, so only sums
// over the samples need a MEET.
#include "cell_cuda.h"

#ifdef __CUDACC__
#define DEVICE static __device__ inline
#define KERNEL(name, Arguments) \
  extern "C" __global__ void __launch_bounds__(WIDTH * SLOTS) name(const __grid_constant__ Arguments a)
#define SHARED __shared__
#define BLOCK int(blockIdx.x)
#define STAGE(block)                             \
  {                                              \
    const int lane = threadIdx.x, slot = threadIdx.y; \
    const int i = block * WIDTH + lane;
#define MEET \
  }          \
  __syncthreads();
#endif

namespace genomenas {
namespace cuda {
namespace {

using size = long long;

DEVICE float logistic(float x) { return 1.f / (1.f + expf(-x)); }
DEVICE float normal_density(float x) { return 0.398942280401432678f * expf(-0.5f * x * x); }
DEVICE float normal_probability(float x) { return 0.5f * (1.f + erff(0.70710678118654752f * x)); }

// Σ p f(v), its slope in v, and each f(v).
struct Mixture {
  float value, slope, of[shares];
};

DEVICE void add(Mixture& mixture, Share share, const float* p, float value, float slope) {
  mixture.value += p[share] * value;
  mixture.slope += p[share] * slope;
  mixture.of[share] = value;
}

// Of the functions that may have a share, so that those that have none add no NaN. A comparison with NaN is false.
DEVICE Mixture mixture_of(const float* p, int functions, float v) {
  Mixture mixture = {0.f, 0.f, {0.f, 0.f, 0.f, 0.f, 0.f}};
  if (functions & 1 << share_tanh) {
    const float y = tanhf(v);
    add(mixture, share_tanh, p, y, 1.f - y * y);
  }
  if (functions & 1 << share_identity) add(mixture, share_identity, p, v, 1.f);
  if (functions & 1 << share_sigmoid) {
    const float y = logistic(v);
    add(mixture, share_sigmoid, p, y, y * (1.f - y));
  }
  if (functions & 1 << share_relu) add(mixture, share_relu, p, v < 0.f ? 0.f : v, v > 0.f ? 1.f : 0.f);
  if (functions & 1 << share_gelu) {
    const float probability = normal_probability(v);
    add(mixture, share_gelu, p, v * probability, probability + v * normal_density(v));
  }
  return mixture;
}

DEVICE float total_of(const float* p) {
  return p[share_tanh] + p[share_identity] + p[share_sigmoid] + p[share_relu] + p[share_gelu];
}

// The sum over the slots of a channel, in one order, so that a pass returns the same bits again.
DEVICE float sum_of(const float* parts, int lane) {
  float sum = 0.f;
  for (int slot = 0; slot < SLOTS; slot++) sum += parts[slot * WIDTH + lane];
  return sum;
}

// Normalises state k, of which `sums` has the sums, and writes what follows it.
DEVICE void end(const Position& at, const Ending& to, int k, const float* sums, float* squares, int block) {
  const int B = at.B, H = at.H;
  const size BH = size(B) * H;
  float* const state = at.states + k * BH;
  if (at.norm == Norm::batch) {
    STAGE(block)
      float sum = 0.f;
      if (i < H) {
        const float mean = sum_of(sums, lane) / B;
        for (int b = slot; b < B; b += SLOTS) {
          const float d = state[size(b) * H + i] - mean;
          sum += d * d;
        }
      }
      squares[slot * WIDTH + lane] = sum;
    MEET
  }
  STAGE(block)
    if (i < H) {
      float mean = 0.f, deviation = 1.f;
      if (at.norm == Norm::batch) {
        const float square = sum_of(squares, lane);
        mean = sum_of(sums, lane) / B;
        deviation = 1.f / sqrtf(square / B + to.epsilon);
        if (to.running_mean && slot == 0) {
          const float part = to.momentum;
          to.running_mean[i] = part * mean + (1.f - part) * to.running_mean[i];
          to.running_variance[i] = part * (square / (B - 1)) + (1.f - part) * to.running_variance[i];
        }
      } else if (at.norm == Norm::running) {
        mean = to.running_mean[i];
        deviation = 1.f / sqrtf(to.running_variance[i] + to.epsilon);
      }
      if (slot == 0) at.deviations[size(k) * H + i] = deviation;
      for (int b = slot; b < B; b += SLOTS) {
        const size x = size(b) * H + i;
        const float mask = at.mask ? at.mask[x] : 1.f;
        state[x] = (state[x] - mean) * deviation;
        for (int j = 0; j < to.edges.rows; j++) to.read[j * BH + x] = at.states[to.edges.inputs[j] * BH + x] * mask;
        if (to.out) {
          float sum = 0.f;
          for (int node = 1; node <= at.N; node++) sum += at.states[node * BH + x];
          const float mean_of_nodes = sum / at.N;
          to.out[x] = mean_of_nodes;
          if (to.previous) to.previous[x] = mean_of_nodes * mask;
        }
      }
    }
  MEET
}

// Adds what arrives to the gradients of the states, in the samples of a thread.
DEVICE void arrive(const Position& at, const Arriving& from, float* of_states, int slot, int i) {
  const size BH = size(at.B) * at.H;
  for (int b = slot; b < at.B; b += SLOTS) {
    const size x = size(b) * at.H + i;
    const float mask = at.mask ? at.mask[x] : 1.f;
    if (from.of_out) {
      const float of_h = from.of_h ? from.of_h[x] + from.of_previous[x] * mask : 0.f;
      const float each = (of_h + from.of_out[x]) / at.N;
      of_states[x] = 0.f;
      for (int node = 1; node <= at.N; node++) of_states[node * BH + x] = each;
    }
    for (int j = 0; j < from.edges.rows; j++) of_states[from.edges.inputs[j] * BH + x] += from.of_read[j * BH + x] * mask;
  }
}

// The sums that the norm's gradient needs of state k, in the samples of a thread: of the gradient, and of its product with
// the state.
DEVICE void sums_of(const Position& at, int k, const float* of_states, float* sums, float* products, int lane, int slot, int i) {
  const float* const state = at.states + size(k) * at.B * at.H;
  const float* const d = of_states + size(k) * at.B * at.H;
  float sum = 0.f, product = 0.f;
  if (i < at.H && at.norm == Norm::batch)
    for (int b = slot; b < at.B; b += SLOTS) {
      const size x = size(b) * at.H + i;
      sum += d[x];
      product += d[x] * state[x];
    }
  sums[slot * WIDTH + lane] = sum;
  products[slot * WIDTH + lane] = product;
}

// Turns the gradient of state k into that of the state before its norm, in the samples of a thread.
DEVICE void normalise_backward(const Position& at, int k, float* of_states, const float* sums, const float* products,
                               int lane, int slot, int i) {
  if (at.norm == Norm::none) return;
  const float* const state = at.states + size(k) * at.B * at.H;
  float* const d = of_states + size(k) * at.B * at.H;
  const float deviation = at.deviations[size(k) * at.H + i];
  // 0 where it is not by the batch.
  const float sum = sum_of(sums, lane) / at.B, product = sum_of(products, lane) / at.B;
  for (int b = slot; b < at.B; b += SLOTS) {
    const size x = size(b) * at.H + i;
    d[x] = deviation * (d[x] - sum - state[x] * product);
  }
}

}  // namespace

// s0 of a position.
KERNEL(genomenas_start, Start) {
  SHARED float sums[SLOTS * WIDTH], squares[SLOTS * WIDTH];
  const int B = a.position.B, H = a.position.H;
  STAGE(BLOCK)
    float sum = 0.f;
    if (i < H)
      for (int b = slot; b < B; b += SLOTS) {
        const size x = size(b) * H + i, gate = size(b) * 2 * H + i;
        const float carry = logistic(a.gates[gate]), s = a.h ? a.h[x] : 0.f;
        const float value = s + carry * (tanhf(a.gates[gate + H]) - s);
        a.position.states[x] = value;
        sum += value;
      }
    sums[slot * WIDTH + lane] = sum;
  MEET
  end(a.position, a.ending, 0, sums, squares, BLOCK);
}

// The state of a node: the mixtures of its edges, Σ (1 - σ(c)) Σp s + σ(c) Σ p f(g).
KERNEL(genomenas_node, Node) {
  SHARED float sums[SLOTS * WIDTH], squares[SLOTS * WIDTH];
  const int B = a.position.B, H = a.position.H;
  const size BH = size(B) * H;
  STAGE(BLOCK)
    float sum = 0.f;
    if (i < H)
      for (int b = slot; b < B; b += SLOTS) {
        const size x = size(b) * H + i;
        float value = 0.f;
        for (int j = 0; j < a.edges.rows; j++) {
          const float* const gates = a.gates + (size(j) * B + b) * 2 * H + i;
          const float* const p = a.shares + j * shares;
          const float kept = total_of(p) * a.position.states[a.edges.inputs[j] * BH + x];
          const float mixed = mixture_of(p, a.edges.functions[j], gates[H]).value;
          value += kept + logistic(gates[0]) * (mixed - kept);
        }
        a.position.states[(a.node + 1) * BH + x] = value;
        sum += value;
      }
    sums[slot * WIDTH + lane] = sum;
  MEET
  end(a.position, a.ending, a.node + 1, sums, squares, BLOCK);
}

KERNEL(genomenas_node_backward, NodeBackward) {
  SHARED float sums[SLOTS * WIDTH], products[SLOTS * WIDTH];
  const int B = a.position.B, H = a.position.H;
  const size BH = size(B) * H;
  STAGE(BLOCK)
    if (i < H) arrive(a.position, a.arriving, a.of_states, slot, i);
    sums_of(a.position, a.node + 1, a.of_states, sums, products, lane, slot, i);
  MEET
  STAGE(BLOCK)
    if (i < H) {
      normalise_backward(a.position, a.node + 1, a.of_states, sums, products, lane, slot, i);
      const float* const d = a.of_states + (a.node + 1) * BH;
      for (int j = 0; j < a.edges.rows; j++) {
        const float* const p = a.shares + j * shares;
        const float* const s = a.position.states + a.edges.inputs[j] * BH;
        float* const ds = a.of_states + a.edges.inputs[j] * BH;
        const float total = total_of(p);
        float of_total = 0.f, of[shares] = {0.f, 0.f, 0.f, 0.f, 0.f};
        for (int b = slot; b < B; b += SLOTS) {
          const size x = size(b) * H + i;
          float* const gates = a.gates + (size(j) * B + b) * 2 * H + i;
          const float carry = logistic(gates[0]), through = d[x] * carry, around = d[x] - through;
          const Mixture mixture = mixture_of(p, a.edges.functions[j], gates[H]);
          of_total += around * s[x];
          for (int share = 0; share < shares; share++) of[share] += through * mixture.of[share];
          gates[0] = through * (1.f - carry) * (mixture.value - total * s[x]);
          gates[H] = through * mixture.slope;
          ds[x] += total * around;
        }
        if (a.of_shares)
          for (int share = 0; share < shares; share++)
            a.of_shares[((size(j) * shares + share) * SLOTS + slot) * H + i] += of_total + of[share];
      }
    }
  MEET
}

KERNEL(genomenas_start_backward, StartBackward) {
  SHARED float sums[SLOTS * WIDTH], products[SLOTS * WIDTH];
  const int B = a.position.B, H = a.position.H;
  STAGE(BLOCK)
    if (i < H) arrive(a.position, a.arriving, a.of_states, slot, i);
    sums_of(a.position, 0, a.of_states, sums, products, lane, slot, i);
  MEET
  STAGE(BLOCK)
    if (i < H) {
      normalise_backward(a.position, 0, a.of_states, sums, products, lane, slot, i);
      for (int b = slot; b < B; b += SLOTS) {
        const size x = size(b) * H + i, gate = size(b) * 2 * H + i;
        const float carry = logistic(a.gates[gate]), tanh = tanhf(a.gates[gate + H]);
        const float s = a.h ? a.h[x] : 0.f, d = a.of_states[x];
        a.of_gates[gate] = d * (tanh - s) * carry * (1.f - carry);
        a.of_gates[gate + H] = d * carry * (1.f - tanh * tanh);
        a.of_h[x] = d * (1.f - carry);
      }
    }
  MEET
}

}  // namespace cuda
}  // namespace genomenas
