// The highway cell on CUDA as one operation of libtorch with a backward pass of its own: libtorch's products, one a node
// and position, and between two of them one kernel of cell.cu.
//
// Nothing here names CUDA: tensors come from libtorch's allocator, kernels run through a Launcher on libtorch's current
// stream, and nothing waits for it. So the same passes run on the processor, on emulated kernels.

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <vector>

#include "cell_cuda.h"
#include "interface.h"

namespace genomenas {
namespace {

using at::Tensor;
using cuda::Edges;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const float* read(const Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr; }
float* write(const Tensor& tensor) { return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr; }

// Where the kernels of a pass run: its device is the current one while this lives.
struct Queue {
  Launcher launcher;
  int32_t blocks;
  c10::DeviceGuard guard;
  void* stream = nullptr;

  Queue(const Launcher& launcher, int64_t channels, c10::Device device)
      : launcher(launcher), blocks(int32_t((channels + cuda::WIDTH - 1) / cuda::WIDTH)), guard(device) {
    if (!device.is_cpu()) stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
  }

  template <class Arguments>
  void launch(cuda::Kernel kernel, Arguments& arguments) const {
    static_assert(sizeof(Arguments) <= 4096, "what CUDA takes as arguments of a kernel");
    const int32_t error = launcher.launch(launcher.on, kernel, blocks, cuda::WIDTH, cuda::SLOTS, &arguments, stream);
    TORCH_CHECK(error == 0, "a kernel of the highway cell could not be started: CUDA driver error ", error);
  }
};

// A pass over a cell, with what its backward pass reads.
struct Pass {
  Launcher launcher;
  int64_t T, B, H, N, widest = 1;
  Norm norm;
  std::vector<Tensor> variables;  // from_input, recurrent, shares, then the matrices of the nodes
  std::vector<Edges> edges;       // into each node, and none behind the last one
  Tensor mask, states, deviations, gates0;
  std::vector<Tensor> read_by, gates;

  Pass(const Highway& highway, const Launcher& launcher, at::TensorList given, bool kept)
      : launcher(launcher), N(highway.nodes), norm(Norm(highway.norm)), variables(given.vec()) {
    for (auto& variable : variables) variable = variable.detach().contiguous();
    if (highway.mask) mask = highway.mask->contiguous();
    const Tensor& from_input = variables[0];
    T = from_input.size(0), B = from_input.size(1), H = from_input.size(2) / 2;
    const int64_t positions = kept ? T : 1;
    states = empty({positions, N + 1, B, H});
    deviations = empty({positions, N + 1, H});
    gates0 = empty({positions, B, 2 * H});
    int64_t at = 0;
    for (int64_t node = 0; node < N; node++) {
      const int64_t rows = highway.rows[node];
      TORCH_CHECK(rows <= cuda::MOST_EDGES && N <= cuda::MOST_EDGES, "a highway cell of ", N, " nodes and ", rows,
                  " edges into one: the kernels for CUDA have room for ", int(cuda::MOST_EDGES));
      Edges into{};
      into.rows = int(rows);
      for (int64_t j = 0; j < rows; j++, at++) {
        into.inputs[j] = static_cast<unsigned char>(highway.inputs[at]);
        into.functions[j] = highway.functions[at];
      }
      edges.push_back(into);
      widest = std::max(widest, rows);
      read_by.push_back(empty({positions, rows * B, H}));
      gates.push_back(empty({positions, rows * B, 2 * H}));
    }
    edges.push_back({});
  }

  Tensor empty(at::IntArrayRef shape) const { return at::empty(shape, variables[0].options().requires_grad(false)); }
  const Tensor& w(int64_t node) const { return variables[3 + node]; }
  int64_t place(int64_t t) const { return states.size(0) == 1 ? 0 : t; }
  // Without h there is no product, and the gates of s0 are those of the input.
  Tensor gates_of(int64_t t) const { return t ? gates0[place(t)] : variables[0][0]; }

  cuda::Position position(int64_t t) const {
    return {int(B), int(H), int(N), norm, read(mask), write(states[place(t)]), write(deviations[place(t)])};
  }

  Tensor forward(const Highway& highway) {
    const Queue queue(launcher, H, variables[0].device());
    const Tensor out = empty({T, B, H}), room = mask.defined() ? empty({B, H}) : Tensor();
    const auto ending = [&](int64_t t, int64_t next) {
      cuda::Ending ending{};
      ending.momentum = float(highway.momentum), ending.epsilon = float(highway.epsilon);
      if (highway.running_mean) ending.running_mean = write(*highway.running_mean);
      if (highway.running_variance) ending.running_variance = write(*highway.running_variance);
      ending.edges = edges[next];
      if (next < N) ending.read = write(read_by[next][place(t)]);
      if (next == N) ending.out = write(out[t]), ending.previous = write(room);
      return ending;
    };
    for (int64_t t = 0; t < T; t++) {
      if (t) {
        Tensor product = gates_of(t);
        at::addmm_out(product, variables[0][t], room.defined() ? room : out[t - 1], variables[1]);
      }
      cuda::Start start{position(t), ending(t, 0), read(gates_of(t)), t ? read(out[t - 1]) : nullptr};
      queue.launch(cuda::kernel_start, start);
      const float* shares_at = read(variables[2]);
      for (int64_t node = 0; node < N; node++) {
        Tensor product = gates[node][place(t)];
        if (edges[node].rows) at::mm_out(product, read_by[node][place(t)], w(node));
        cuda::Node arguments{position(t), ending(t, node + 1), int(node), edges[node], shares_at, read(product)};
        queue.launch(cuda::kernel_node, arguments);
        shares_at += edges[node].rows * shares;
      }
    }
    return out;
  }

  // The gradients of the variables of which `needed` says so; the gates are overwritten.
  std::vector<Tensor> backward(const Tensor& out, const Tensor& of_out, const std::vector<bool>& needed) {
    const Queue queue(launcher, H, variables[0].device());
    const int64_t all = variables[2].size(0);
    const Tensor of_gates0 = empty({T, B, 2 * H}), of_states = empty({N + 1, B, H}), of_read = empty({widest * B, H});
    Tensor of_h = empty({B, H}), of_previous = empty({B, H});
    const Tensor parts = needed[2] ? at::zeros({all, shares, cuda::SLOTS, H}, of_h.options()) : Tensor();
    const auto arriving = [&](int64_t t, int64_t next) {
      cuda::Arriving arriving{};
      arriving.edges = edges[next], arriving.of_read = read(of_read);
      if (next == N) {
        arriving.of_out = read(of_out[t]);
        if (t + 1 < T) arriving.of_h = read(of_h), arriving.of_previous = read(of_previous);
      }
      return arriving;
    };
    for (int64_t t = T - 1; t >= 0; t--) {
      int64_t at = all;
      for (int64_t node = N - 1; node >= 0; node--) {
        const int64_t rows = edges[node].rows;
        at -= rows;
        const Tensor of_gates = gates[node][t];
        const float* shares_at = read(variables[2]) + at * shares;
        float* parts_at = needed[2] ? write(parts) + at * shares * cuda::SLOTS * H : nullptr;
        cuda::NodeBackward arguments{position(t), arriving(t, node + 1), int(node), edges[node],
                                     shares_at, write(of_gates), write(of_states), parts_at};
        queue.launch(cuda::kernel_node_backward, arguments);
        Tensor product = of_read.narrow(0, 0, rows * B);
        if (rows) at::mm_out(product, of_gates, w(node).t());
      }
      const float* h = t ? read(out[t - 1]) : nullptr;
      cuda::StartBackward start{position(t), arriving(t, 0), read(gates_of(t)), h, write(of_states),
                                write(of_gates0[t]), write(of_h)};
      queue.launch(cuda::kernel_start_backward, start);
      if (t) at::mm_out(of_previous, of_gates0[t], variables[1].t());
    }
    // The gradients of all matrices, each as one product over all positions.
    std::vector<Tensor> result(variables.size());
    result[0] = of_gates0;
    if (needed[1]) {
      const Tensor h = out.narrow(0, 0, T - 1), entering = mask.defined() ? h * mask : h;
      result[1] = at::mm(entering.reshape({-1, H}).t(), of_gates0.narrow(0, 1, T - 1).view({-1, 2 * H}));
    }
    if (needed[2]) result[2] = parts.sum({2, 3});
    for (int64_t node = 0; node < N; node++)
      if (needed[3 + node]) result[3 + node] = at::mm(read_by[node].view({-1, H}).t(), gates[node].view({-1, 2 * H}));
    return result;
  }
};

// A pass outlives the forward call in the graph, where libtorch keeps values of types that it knows.
struct Kept : torch::CustomClassHolder {
  std::unique_ptr<Pass> pass;
};

struct Function : torch::autograd::Function<Function> {
  static Tensor forward(AutogradContext* context, at::TensorList variables, const Highway* highway, const Launcher* launcher) {
    auto kept = c10::make_intrusive<Kept>();
    kept->pass = std::make_unique<Pass>(*highway, *launcher, variables, true);
    Tensor out = kept->pass->forward(*highway);
    context->save_for_backward({out});
    context->saved_data["pass"] = c10::IValue::make_capsule(kept);
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list of_out) {
    auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["pass"].toCapsule());
    TORCH_CHECK(kept->pass, "the backward pass of a highway cell runs once");
    const std::unique_ptr<Pass> pass = std::move(kept->pass);
    std::vector<bool> needed;
    for (size_t at = 0; at < pass->variables.size(); at++) needed.push_back(context->needs_input_grad(at));
    variable_list result = pass->backward(context->get_saved_variables()[0], of_out[0].contiguous(), needed);
    // Neither the cell's description nor the launcher has one.
    result.resize(result.size() + 2);
    return result;
  }
};

}  // namespace

Tensor highway_by_products(const Highway& highway, at::TensorList variables, const Launcher& launcher) {
  const bool graph = at::GradMode::is_enabled() &&
                     std::any_of(variables.begin(), variables.end(), [](const Tensor& x) { return x.requires_grad(); });
  if (graph) return Function::apply(variables, &highway, &launcher);
  return Pass(highway, launcher, variables, false).forward(highway);
}

}  // namespace genomenas
