// Copies from the processor's memory to a device.
#pragma once

#include <ATen/core/Tensor.h>

namespace genomenas {

// `values`, as many as the shape has, as a tensor on `device`, which is not the CPU. Returns before they are there:
// what computes on the device's current stream afterwards waits for them, the processor does not.
at::Tensor to_device(const float* values, at::IntArrayRef shape, c10::Device device);

}  // namespace genomenas
