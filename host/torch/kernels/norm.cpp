// Batch normalisation as one operation of libtorch with a backward pass of its own.

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "interface.h"
#include "norm.h"
#include "processor.h"
#include "rows.h"
#include "team.h"

namespace genomenas {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Values below which another thread costs more than it saves.
constexpr int64_t WORTH_A_THREAD = 1 << 15;

Values values_of(const Tensor& rows) {
  const int64_t C = rows.size(-1), worth = std::max<int64_t>(1, rows.numel() / WORTH_A_THREAD);
  return {rows.numel() / C, C, int(std::min<int64_t>(at::get_num_threads(), worth)), in_team};
}

std::vector<float> room_for(const Values& values) {
  return std::vector<float>(room_of(values.C, values.threads));
}

struct Normalise : torch::autograd::Function<Normalise> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const std::optional<Tensor>& weight,
                        const std::optional<Tensor>& bias, const std::optional<Tensor>& share, const BatchNorm* norm) {
    const Tensor rows = rows_of(x.detach());
    const Values values = values_of(rows);
    const long R = values.R, C = values.C;
    TORCH_CHECK(!norm->by_batch || R > 1, "Expected more than 1 value per channel when training, got input size ", x.sizes());
    auto by_channel = [&] { return at::empty({C}, rows.options()); };
    const Tensor mean = by_channel(), deviation = by_channel();
    float* m = mean.data_ptr<float>();
    float* inverse = deviation.data_ptr<float>();
    if (norm->by_batch) {
      std::vector<float> room = room_for(values);
      GENOMENAS_BY_INSTRUCTIONS(statistics, values, rows.const_data_ptr<float>(), m, inverse, room.data());
      if (norm->running_mean) {
        float* running_mean = norm->running_mean->data_ptr<float>();
        float* running_variance = norm->running_variance->data_ptr<float>();
        const float part = float(norm->momentum);
        for (long c = 0; c < C; c++) {
          running_mean[c] = part * m[c] + (1 - part) * running_mean[c];
          running_variance[c] = part * (inverse[c] / float(R - 1)) + (1 - part) * running_variance[c];
        }
      }
      for (long c = 0; c < C; c++) inverse[c] = 1 / std::sqrt(inverse[c] / float(R) + float(norm->epsilon));
    } else {
      const float* running_mean = norm->running_mean->const_data_ptr<float>();
      const float* running_variance = norm->running_variance->const_data_ptr<float>();
      for (long c = 0; c < C; c++) {
        m[c] = running_mean[c];
        inverse[c] = 1 / std::sqrt(running_variance[c] + float(norm->epsilon));
      }
    }
    const Tensor factor = factors(weight, share, deviation);
    const float* a = factor.const_data_ptr<float>();
    const float* shift = bias ? bias->const_data_ptr<float>() : nullptr;
    std::vector<float> b(C);
    for (long c = 0; c < C; c++) b[c] = (shift ? shift[c] : 0) - m[c] * a[c];
    Tensor y = empty_for(rows);
    GENOMENAS_BY_INSTRUCTIONS(scale, values, rows.const_data_ptr<float>(), a, b.data(), y.data_ptr<float>());
    context->save_for_backward({rows, mean, deviation, weight.value_or(Tensor()), share.value_or(Tensor())});
    context->saved_data["by_batch"] = norm->by_batch != 0;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list of_y) {
    const auto saved = context->get_saved_variables();
    const Tensor &rows = saved[0], &mean = saved[1], &deviation = saved[2], &weight = saved[3], &share = saved[4];
    const bool by_batch = context->saved_data["by_batch"].toBool();
    const Tensor d = rows_of(of_y[0]);
    const Values values = values_of(rows);
    const long R = values.R, C = values.C;
    const float* m = mean.const_data_ptr<float>();
    const float* inverse = deviation.const_data_ptr<float>();
    std::vector<float> of_d(C), of_product(C), room = room_for(values);
    GENOMENAS_BY_INSTRUCTIONS(sums, values, rows.const_data_ptr<float>(), d.const_data_ptr<float>(), m, of_d.data(),
                              of_product.data(), room.data());
    variable_list result(5);
    // Variables that are not there have no edge, so edges are counted.
    size_t edge = 1;
    if (weight.defined() && context->needs_input_grad(edge++)) {
      result[1] = at::empty_like(weight);
      float* of_weight = result[1].data_ptr<float>();
      for (long c = 0; c < C; c++) of_weight[c] = of_product[c] * inverse[c];
    }
    // A norm has weight and bias, a share, or nothing.
    if (weight.defined() && context->needs_input_grad(edge++))
      result[2] = at::empty_like(weight), std::copy(of_d.begin(), of_d.end(), result[2].data_ptr<float>());
    if (share.defined() && context->needs_input_grad(edge++)) {
      double sum = 0;
      for (long c = 0; c < C; c++) sum += double(of_product[c]) * inverse[c];
      result[3] = at::full_like(share, sum);
    }
    if (context->needs_input_grad(0)) {
      const Tensor factor = factors(weight.defined() ? std::optional(weight) : std::nullopt,
                                    share.defined() ? std::optional(share) : std::nullopt, deviation);
      const float* a = factor.const_data_ptr<float>();
      std::vector<float> b(C, 0.f), c0(C, 0.f);
      for (long c = 0; by_batch && c < C; c++) {
        const float slope = a[c] * inverse[c] * inverse[c] * of_product[c] / float(R);
        b[c] = -slope;
        c0[c] = slope * m[c] - a[c] * of_d[c] / float(R);
      }
      Tensor dx = empty_for(rows);
      GENOMENAS_BY_INSTRUCTIONS(combine, values, rows.const_data_ptr<float>(), d.const_data_ptr<float>(), a, b.data(),
                                c0.data(), dx.data_ptr<float>());
      result[0] = dx;
    }
    return result;
  }

 private:
  // By what each channel is multiplied: 1 / deviation, times the weight or the share.
  static Tensor factors(const std::optional<Tensor>& weight, const std::optional<Tensor>& share, const Tensor& deviation) {
    Tensor factor = deviation.clone();
    float* a = factor.data_ptr<float>();
    const int64_t C = factor.numel();
    if (weight) {
      const float* w = weight->const_data_ptr<float>();
      for (int64_t c = 0; c < C; c++) a[c] *= w[c];
    }
    if (share) {
      const float s = *share->const_data_ptr<float>();
      for (int64_t c = 0; c < C; c++) a[c] *= s;
    }
    return factor;
  }
};

}  // namespace

Tensor batch_norm(const Tensor& x, const BatchNorm& norm) {
  auto given = [](const Tensor* tensor) { return tensor ? std::optional<Tensor>(*tensor) : std::nullopt; };
  return Normalise::apply(x, given(norm.weight), given(norm.bias), given(norm.share), &norm);
}

}  // namespace genomenas
