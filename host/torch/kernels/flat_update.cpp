#include "flat_update.h"

#include <ATen/ATen.h>

namespace genomenas {

void update_flat(const Update& update, const at::Tensor& weights, const at::Tensor& gradient, const at::Tensor& first,
                 const at::Tensor& second) {
  if (weights.numel() == 0) return;
  const auto adam = [&](auto&& kernel) {
    // Filled on the device, so that nothing waits for it.
    const at::Tensor step = at::full({}, static_cast<double>(update.step), weights.options());
    kernel({weights}, {gradient}, {first}, {second}, {}, {step}, update.rate, update.beta1, update.beta2,
           update.weight_decay, update.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  };
  using List = at::TensorList;
  switch (update.algorithm) {
    case Algorithm::sgd: {
      // Momentum starts as zeros, so the first step is like all others.
      const std::vector<at::Tensor> momenta = update.momentum == 0.0 ? std::vector<at::Tensor>{} : std::vector{first};
      at::_fused_sgd_({weights}, {gradient}, momenta, update.weight_decay, update.momentum, update.rate,
                      /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
      break;
    }
    case Algorithm::adam:
      adam([](List w, List g, List m, List v, List most, List steps, auto... numbers) {
        at::_fused_adam_(w, g, m, v, most, steps, numbers...);
      });
      break;
    case Algorithm::adamw:
      adam([](List w, List g, List m, List v, List most, List steps, auto... numbers) {
        at::_fused_adamw_(w, g, m, v, most, steps, numbers...);
      });
      break;
    default: TORCH_CHECK(false, "libtorch has no fused kernel for this optimizer");
  }
}

}  // namespace genomenas
