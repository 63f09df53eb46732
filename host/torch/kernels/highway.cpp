// The highway cell as one operation of libtorch with a backward pass of its own.

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "cell.h"
#include "interface.h"
#include "processor.h"
#include "team.h"

extern "C" void sgemm_(const char* a_transposed, const char* b_transposed, const int* m, const int* n, const int* k,
                       const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                       const float* beta, float* c, const int* ldc);

namespace genomenas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Multiply-adds of a node below which another thread costs more than it saves.
constexpr int64_t WORTH_A_THREAD = 200'000;

// BLAS is column-major: the product of the transposes, in the other order, is the same memory.
void product(bool a_transposed, bool b_transposed, int m, int n, int k, const float* a, int lda, const float* b, int ldb,
             float beta, float* c, int ldc) {
  const float one = 1;
  sgemm_(b_transposed ? "T" : "N", a_transposed ? "T" : "N", &n, &m, &k, &one, b, &ldb, a, &lda, &beta, c, &ldc);
}

void forward_by(const Cell& cell, float* out) {
  switch (instructions()) {
#ifdef __x86_64__
    case Instructions::avx512: return avx512::forward(cell, out);
    case Instructions::avx2: return avx2::forward(cell, out);
#endif
    default: return baseline::forward(cell, out);
  }
}

void backward_by(const Cell& cell, const Gradients& gradients) {
  switch (instructions()) {
#ifdef __x86_64__
    case Instructions::avx512: return avx512::backward(cell, gradients);
    case Instructions::avx2: return avx2::backward(cell, gradients);
#endif
    default: return baseline::backward(cell, gradients);
  }
}

// A pass over a cell: its tensors, which own the memory, and the arrays that the kernel reads.
struct Pass {
  Highway description;
  std::vector<Tensor> variables;  // from_input, recurrent, shares, then the matrices of the nodes
  Tensor states, deviations, previous, gates0, room;
  std::vector<Tensor> read, gates;

  std::vector<int> inputs;
  std::vector<Edges> edges;
  std::vector<const float*> w;
  std::vector<float*> read_at, gates_at;
  Cell cell{};

  Pass(const Highway& highway, std::vector<Tensor> given, bool kept) : description(highway), variables(std::move(given)) {
    for (auto& variable : variables) variable = variable.detach().contiguous();
    const auto& from_input = variables[0];
    const int64_t T = from_input.size(0), B = from_input.size(1), H = from_input.size(2) / 2;
    const int64_t N = highway.nodes, positions = kept ? T : 1;
    auto empty = [&](at::IntArrayRef shape) { return at::empty(shape, from_input.options().requires_grad(false)); };
    states = empty({positions, N + 1, B, H});
    deviations = empty({positions, N + 1, H});
    previous = empty({positions, B, H});
    gates0 = empty({positions, B, 2 * H});
    room = empty({B, H});
    inputs.assign(highway.inputs, highway.inputs + highway.edges);
    const float* shares_at = variables[2].const_data_ptr<float>();
    int64_t widest = 1, at = 0;
    for (int64_t node = 0; node < N; node++) {
      const int64_t rows = highway.rows[node];
      widest = std::max(widest, rows);
      Edges of{int(rows), inputs.data() + at, shares_at + at * shares, false, false};
      for (int64_t j = 0; j < rows; j++) {
        of.exponentials |= (highway.functions[at + j] & (1 << share_tanh | 1 << share_sigmoid)) != 0;
        of.gelu |= (highway.functions[at + j] & 1 << share_gelu) != 0;
      }
      edges.push_back(of);
      w.push_back(variables[3 + node].const_data_ptr<float>());
      read.push_back(empty({positions, rows, B, H}));
      gates.push_back(empty({positions, rows, B, 2 * H}));
      read_at.push_back(read.back().data_ptr<float>());
      gates_at.push_back(gates.back().data_ptr<float>());
      at += rows;
    }
    cell.T = int(T), cell.B = int(B), cell.H = int(H), cell.N = int(N);
    const int64_t worth = std::max<int64_t>(1, widest * B * H * 2 * H / WORTH_A_THREAD);
    cell.threads = int(std::min({int64_t(at::get_num_threads()), worth, (H + 15) / 16}));
    cell.norm = Norm(highway.norm);
    cell.momentum = float(highway.momentum), cell.epsilon = float(highway.epsilon);
    cell.from_input = from_input.const_data_ptr<float>();
    cell.recurrent = variables[1].const_data_ptr<float>();
    cell.w = w.data();
    cell.mask = highway.mask ? highway.mask->const_data_ptr<float>() : nullptr;
    cell.edges = edges.data();
    cell.running_mean = highway.running_mean ? highway.running_mean->data_ptr<float>() : nullptr;
    cell.running_variance = highway.running_variance ? highway.running_variance->data_ptr<float>() : nullptr;
    cell.product = product;
    cell.team = in_team;
    cell.kept = kept;
    cell.states = states.data_ptr<float>();
    cell.deviations = deviations.data_ptr<float>();
    cell.previous = previous.data_ptr<float>();
    cell.gates0 = gates0.data_ptr<float>();
    cell.read = read_at.data();
    cell.gates = gates_at.data();
    cell.room = room.data_ptr<float>();
  }

  Tensor forward() {
    Tensor out = at::empty({cell.T, cell.B, cell.H}, variables[0].options().requires_grad(false));
    forward_by(cell, out.data_ptr<float>());
    return out;
  }
};

// A pass outlives the forward call in the graph, where libtorch keeps values of types that it knows.
struct Kept : torch::CustomClassHolder {
  std::unique_ptr<Pass> pass;
  Tensor mask;
};

struct Function : torch::autograd::Function<Function> {
  static Tensor forward(AutogradContext* context, at::TensorList variables, const Highway* highway) {
    auto kept = c10::make_intrusive<Kept>();
    if (highway->mask) kept->mask = highway->mask->contiguous();
    Highway own = *highway;
    own.mask = highway->mask ? &kept->mask : nullptr;
    kept->pass = std::make_unique<Pass>(own, variables.vec(), true);
    Tensor out = kept->pass->forward();
    context->save_for_backward({out});
    context->saved_data["pass"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list of_out) {
    auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["pass"].toCapsule());
    TORCH_CHECK(kept->pass, "the backward pass of a highway cell runs once");
    // The gates are overwritten.
    const std::unique_ptr<Pass> pass = std::move(kept->pass);
    Cell& cell = pass->cell;
    const int64_t B = cell.B, H = cell.H, N = cell.N;
    const Tensor out = context->get_saved_variables()[0], gradient = of_out[0].contiguous();
    auto like = [&](size_t variable) { return at::empty_like(pass->variables[variable]); };
    auto needed = [&](size_t variable) { return context->needs_input_grad(variable); };
    variable_list result(pass->variables.size() + 1);
    result[0] = like(0);
    if (needed(1)) result[1] = like(1);
    std::vector<float*> w(N, nullptr);
    for (int64_t node = 0; node < N; node++) {
      if (!needed(3 + node)) continue;
      result[3 + node] = cell.edges[node].rows ? like(3 + node) : at::zeros_like(pass->variables[3 + node]);
      if (cell.edges[node].rows) w[node] = result[3 + node].data_ptr<float>();
    }
    const int64_t edges = pass->variables[2].size(0);
    int64_t widest = 1;
    for (int64_t node = 0; node < N; node++) widest = std::max<int64_t>(widest, cell.edges[node].rows);
    // Each node's rows of all threads lie together: [threads, rows, shares].
    Tensor p;
    std::vector<float*> p_at(N, nullptr);
    if (needed(2)) {
      p = at::zeros({cell.threads * edges, shares}, pass->variables[2].options());
      float* next = p.data_ptr<float>();
      for (int64_t node = 0; node < N; node++) {
        p_at[node] = next;
        next += int64_t(cell.threads) * cell.edges[node].rows * shares;
      }
    }
    Tensor room = at::empty({N + 2 + widest, B, H}, out.options());
    Gradients gradients{out.const_data_ptr<float>(), gradient.const_data_ptr<float>(), result[0].data_ptr<float>(),
                        result[1].defined() ? result[1].data_ptr<float>() : nullptr, w.data(),
                        needed(2) ? p_at.data() : nullptr, room.data_ptr<float>()};
    backward_by(cell, gradients);
    if (needed(2)) {
      std::vector<Tensor> sums;
      int64_t at = 0;
      for (int64_t node = 0; node < N; node++) {
        const int64_t rows = cell.edges[node].rows;
        sums.push_back(p.narrow(0, at, cell.threads * rows).view({cell.threads, rows, shares}).sum(0));
        at += cell.threads * rows;
      }
      result[2] = at::cat(sums, 0);
    }
    return result;
  }
};

}  // namespace

Tensor highway(const Highway& highway, at::TensorList variables) {
  const bool graph = at::GradMode::is_enabled() &&
                     std::any_of(variables.begin(), variables.end(), [](const Tensor& x) { return x.requires_grad(); });
  if (graph) return Function::apply(variables, &highway);
  Highway own = highway;
  const Tensor mask = highway.mask ? highway.mask->contiguous() : Tensor();
  own.mask = highway.mask ? &mask : nullptr;
  return Pass(own, variables.vec(), false).forward();
}

}  // namespace genomenas
