// What the kernels of cell.cu are given. All arrays are on the device and in float32; B samples, H channels, N nodes.
//
// A kernel runs on blocks of WIDTH channels; of each channel SLOTS threads share the samples. NVRTC reads this file too.
#pragma once

#include "cell_terms.h"

namespace genomenas {
namespace cuda {

enum { WIDTH = 32, SLOTS = 8 };

// Edges into a node, and nodes, that arguments have room for.
enum { MOST_EDGES = 255 };

// The kernels; src/kernels/cuda/compiler.rs has their names in this order.
enum Kernel : int { kernel_start, kernel_node, kernel_node_backward, kernel_start_backward };

// Edges into a node, or none.
struct Edges {
  int rows;
  unsigned char inputs[MOST_EDGES];     // the state that each reads; state 0 is s0
  unsigned char functions[MOST_EDGES];  // the functions that have a share of it: a bit each, as enum Share counts
};

// A position of a pass.
struct Position {
  int B, H, N;
  Norm norm;
  const float* mask;  // [B, H], or null
  float* states;      // [N + 1, B, H]
  float* deviations;  // [N + 1, H]: 1 / the standard deviation of each state
};

// What a state is normalised by, and what follows it: what the next matrix reads, or behind the last node the output.
struct Ending {
  float momentum, epsilon;
  float* running_mean;      // [H], or null; read by `running`, updated by `batch`
  float* running_variance;  // [H], or null
  Edges edges;              // into the next node
  float* read;              // [rows, B, H]: the masked states that it reads
  float* out;               // [B, H]; null but behind the last node
  float* previous;          // [B, H]: the output under the mask; may be null
};

struct Start {
  Position position;
  Ending ending;
  const float* gates;  // [B, 2H]
  const float* h;      // [B, H]: the output of the position before; null for 0
};

struct Node {
  Position position;
  Ending ending;
  int node;
  Edges edges;
  const float* shares;  // [rows, shares]
  const float* gates;   // [rows, B, 2H]
};

// The gradient that a backward kernel adds to those of the states before it does anything else: of what the next matrix
// read, or behind the last node of the output.
struct Arriving {
  Edges edges;               // into the next node
  const float* of_read;      // [rows, B, H]
  const float* of_out;       // [B, H]; null but behind the last node
  const float* of_h;         // [B, H]: from the position behind, beside its matrix; null behind the last position
  const float* of_previous;  // [B, H]: and through its matrix
};

struct NodeBackward {
  Position position;
  Arriving arriving;
  int node;
  Edges edges;
  const float* shares;
  float* gates;      // [rows, B, 2H]; overwritten by their gradients
  float* of_states;  // [N + 1, B, H]
  float* of_shares;  // [rows, shares, SLOTS, H], added to; may be null
};

struct StartBackward {
  Position position;
  Arriving arriving;
  const float* gates;  // [B, 2H]
  const float* h;      // [B, H], or null
  float* of_states;    // [N + 1, B, H]
  float* of_gates;     // [B, 2H]
  float* of_h;         // [B, H]
};

}  // namespace cuda
}  // namespace genomenas
