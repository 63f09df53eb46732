#include "transfer.h"

#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <map>
#include <mutex>

namespace genomenas {

namespace {

// The stream that copies to a device run on, beside those that compute. Streams are named through libtorch's interface
// of any device, so this compiles without CUDA's own headers, which no libtorch brings along.
c10::Stream copying_stream(c10::Device device, const c10::impl::VirtualGuardImpl& streams) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, c10::Stream> made;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = made.find(device.index());
  if (found != made.end()) return found->second;
  return made.emplace(device.index(), streams.getStreamFromGlobalPool(device)).first->second;
}

}  // namespace

at::Tensor to_device(const float* values, at::IntArrayRef shape, c10::Device device) {
  // Only a copy from pinned memory goes on while the processor does. libtorch keeps the memory until it has ended.
  const at::Tensor pinned = at::empty(shape, at::TensorOptions().dtype(at::kFloat).pinned_memory(true));
  if (pinned.numel() > 0) std::memcpy(pinned.data_ptr<float>(), values, pinned.nbytes());
  const c10::impl::VirtualGuardImpl streams(device.type());
  const c10::Stream computing = streams.getStream(device);
  const c10::Stream copying = copying_stream(device, streams);
  c10::Event copied(device.type());
  at::Tensor out;
  {
    const c10::StreamGuard guard(copying);
    out = pinned.to(device, at::kFloat, /*non_blocking=*/true);
    copied.record(copying);
  }
  copied.block(computing);
  // It was allocated for the copying stream; its memory must not be used again there before `computing` is done with it.
  out.record_stream(computing);
  return out;
}

}  // namespace genomenas
