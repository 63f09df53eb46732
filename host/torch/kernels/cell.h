// The recurrent highway cell on plain arrays: what highway.cpp asks of cell.inc, which is compiled once for each set of
// instructions. Nothing here includes a header of C++ with inline code: the linker would keep one copy of it for all
// sets, and a processor without AVX-512 could be handed the copy that needs it.
#pragma once

#include "cell_terms.h"
#include "team.h"

namespace genomenas {

// The live edges into one node.
struct Edges {
  int rows;             // how many
  const int* inputs;    // the state that each reads; state 0 is s0
  const float* p;       // [rows, shares]
  bool exponentials;    // whether any share of tanh or sigmoid is not 0
  bool gelu;            // whether any share of gelu is not 0
};

// Row-major C[m, n] = A[m, k] B[k, n] + beta C, with A or B stored transposed where that is said. One thread.
using Product = void (*)(bool a_transposed, bool b_transposed, int m, int n, int k, const float* a, int lda,
                         const float* b, int ldb, float beta, float* c, int ldc);

// T positions, B samples, H channels, N nodes.
struct Cell {
  int T, B, H, N;
  int threads;              // at most
  Norm norm;
  float momentum, epsilon;
  const float* from_input;  // [T, B, 2H]
  const float* recurrent;   // [H, 2H]: the half of W0 that multiplies h
  const float* const* w;    // N times [H, 2H]
  const float* mask;        // [B, H]: the dropout of states that enter a matrix; null for none
  const Edges* edges;       // N
  float* running_mean;      // [H], read by `running`, updated by `batch`; null where nothing tracks them
  float* running_variance;  // [H]
  Product product;
  Team team;
  // What the backward pass reads. A forward pass that keeps nothing has room for one position, and `kept` is false.
  bool kept;
  float* states;            // [T or 1, N + 1, B, H]: s0 and the nodes, normalised
  float* deviations;        // [T or 1, N + 1, H]: 1 / the standard deviation of each state
  float* previous;          // [T or 1, B, H]: the masked output of the position before
  float* gates0;            // [T or 1, B, 2H]
  float* const* read;       // N times [T or 1, rows, B, H]: the masked states that enter each matrix
  float* const* gates;      // N times [T or 1, rows, B, 2H]; the backward pass overwrites them by their gradients
  float* room;              // forward: [B, H]
};

// What the backward pass returns; null for what nobody needs.
struct Gradients {
  const float* out;         // [T, B, H]: the value of the forward pass
  const float* of_out;      // [T, B, H]
  float* from_input;        // [T, B, 2H]; never null
  float* recurrent;         // [H, 2H]
  float* const* w;          // N times [H, 2H]; the array or its entries may be null
  float* const* p;          // N times [threads, rows, shares], to be added up over the threads
  float* room;              // [N + 1, B, H], [rows of the widest node, B, H] and [B, H], one after the other
};

#define GENOMENAS_CELL(isa)                                     \
  namespace isa {                                               \
  void forward(const Cell& cell, float* out);                   \
  void backward(const Cell& cell, const Gradients& gradients);  \
  }
GENOMENAS_CELL(baseline)
GENOMENAS_CELL(avx2)
GENOMENAS_CELL(avx512)
#undef GENOMENAS_CELL

}  // namespace genomenas
