// Convolutions as operations of libtorch with a backward pass of their own.
#include "convolution.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "interface.h"
#include "rows.h"

namespace genomenas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Multiplications below which another thread costs more than it saves.
constexpr int64_t WORTH_A_THREAD = 1 << 17;

struct Geometry {
  int64_t stride, padding, dilation;
  bool rectified;

  explicit Geometry(const Convolve& given)
      : stride(given.stride), padding(given.padding), dilation(given.dilation), rectified(given.rectified != 0) {}
  explicit Geometry(const std::vector<int64_t>& kept)
      : stride(kept[0]), padding(kept[1]), dilation(kept[2]), rectified(kept[3] != 0) {}
  std::vector<int64_t> kept() const { return {stride, padding, dilation, rectified}; }
};

// `wide` is the weight that reads more than one position, [., ., taps].
Convolution shape_of(const Tensor& rows, const Tensor& wide, int64_t channels, const Geometry& g) {
  Convolution shape{};
  shape.B = rows.size(0), shape.L = rows.size(1), shape.C = rows.size(2), shape.N = channels, shape.taps = wide.size(2);
  shape.stride = g.stride, shape.padding = g.padding, shape.dilation = g.dilation, shape.rectified = g.rectified;
  TORCH_CHECK(shape.taps <= MOST_TAPS, "a convolution of ", shape.taps, " taps, of which the kernel knows ", MOST_TAPS);
  const int64_t reach = (shape.taps - 1) * shape.dilation, padded = shape.L + 2 * shape.padding;
  TORCH_CHECK(padded > reach, "a convolution over ", reach + 1, " positions reads beyond ", padded);
  shape.out = (padded - reach - 1) / shape.stride + 1;
  const int64_t of_each = wide.size(1) == shape.C ? shape.taps * shape.N : shape.taps + shape.N;
  const int64_t worth = shape.B * shape.out * shape.C * of_each / WORTH_A_THREAD;
  shape.threads = int(std::min<int64_t>(at::get_num_threads(), std::max<int64_t>(1, worth)));
  shape.team = in_team;
  return shape;
}

Tensor output_of(const Convolution& shape, const Tensor& rows) {
  return at::empty_strided({shape.B, shape.N, shape.out}, {shape.out * shape.N, 1, shape.N}, rows.options());
}

Tensor room_for(const Convolution& shape, const Tensor& rows) { return at::empty({room_of(shape)}, rows.options()); }

const float* read(const Tensor& tensor) { return tensor.const_data_ptr<float>(); }
float* place(const Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; }

struct Dense : torch::autograd::Function<Dense> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& weight, const Convolve* given) {
    const Geometry geometry(*given);
    const Tensor rows = rows_of(x.detach()), w = weight.detach().contiguous();
    const Convolution shape = shape_of(rows, w, w.size(0), geometry);
    const Tensor y = output_of(shape, rows), room = room_for(shape, rows);
    GENOMENAS_BY_INSTRUCTIONS(dense, shape, read(rows), read(w), place(y), place(room));
    context->save_for_backward({rows, weight});
    context->saved_data["geometry"] = geometry.kept();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list of_y) {
    const auto saved = context->get_saved_variables();
    const Tensor &rows = saved[0], w = saved[1].detach().contiguous(), d = rows_of(of_y[0]);
    const Convolution shape = shape_of(rows, w, w.size(0), Geometry(context->saved_data["geometry"].toIntVector()));
    const Tensor dx = context->needs_input_grad(0) ? empty_for(rows) : Tensor();
    const Tensor of_weight = context->needs_input_grad(1) ? at::empty_like(w) : Tensor();
    const Tensor room = room_for(shape, rows);
    GENOMENAS_BY_INSTRUCTIONS(dense_gradients, shape, read(rows), read(w), read(d), place(dx), place(of_weight), place(room));
    return {dx, of_weight, Tensor()};
  }
};

struct Separate : torch::autograd::Function<Separate> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& depth, const Tensor& point,
                        const Convolve* given) {
    const Geometry geometry(*given);
    const Tensor rows = rows_of(x.detach()), first = depth.detach().contiguous(), second = point.detach().contiguous();
    const Convolution shape = shape_of(rows, first, second.size(0), geometry);
    const Tensor y = output_of(shape, rows), room = room_for(shape, rows);
    GENOMENAS_BY_INSTRUCTIONS(separable, shape, read(rows), read(first), read(second), place(y), place(room));
    context->save_for_backward({rows, depth, point});
    context->saved_data["geometry"] = geometry.kept();
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list of_y) {
    const auto saved = context->get_saved_variables();
    const Tensor &rows = saved[0], d = rows_of(of_y[0]);
    const Tensor first = saved[1].detach().contiguous(), second = saved[2].detach().contiguous();
    const Geometry geometry(context->saved_data["geometry"].toIntVector());
    const Convolution shape = shape_of(rows, first, second.size(0), geometry);
    const bool learned = context->needs_input_grad(1) || context->needs_input_grad(2);
    const Tensor dx = context->needs_input_grad(0) ? empty_for(rows) : Tensor();
    const Tensor of_first = learned ? at::empty_like(first) : Tensor(), of_second = learned ? at::empty_like(second) : Tensor();
    const Tensor room = room_for(shape, rows);
    GENOMENAS_BY_INSTRUCTIONS(separable_gradients, shape, read(rows), read(first), read(second), read(d), place(dx),
                              place(of_first), place(of_second), place(room));
    return {dx, of_first, of_second, Tensor()};
  }
};

}  // namespace

Tensor convolve(const Tensor& x, const Convolve& given) {
  return given.depth ? Separate::apply(x, *given.depth, *given.weight, &given) : Dense::apply(x, *given.weight, &given);
}

}  // namespace genomenas
