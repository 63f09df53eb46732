// The kernels of cell.cu on the processor, thread after thread, so that their values can be tested without a GPU. In
// reverse order they return the same bits if no thread reads what another one writes within a stage.

#include <cmath>

#include "interface.h"

// Whether the last thread of the last block is the first to run.
static thread_local bool reversed = false;

#define DEVICE static inline
#define KERNEL(name, Arguments) static void name(const Arguments& a, int block)
#define SHARED
#define BLOCK block
#define STAGE(block)                                                      \
  for (int turn = 0; turn < SLOTS * WIDTH; turn++) {                      \
    const int thread = reversed ? SLOTS * WIDTH - 1 - turn : turn;        \
    const int slot = thread / WIDTH, lane = thread % WIDTH;               \
    const int i = block * WIDTH + lane;
#define MEET }

#include "cell.cu"

namespace genomenas {
namespace {

template <class Arguments>
void run(void (*kernel)(const Arguments&, int), int32_t blocks, const void* arguments) {
  for (int turn = 0; turn < blocks; turn++)
    kernel(*static_cast<const Arguments*>(arguments), reversed ? blocks - 1 - turn : turn);
}

int32_t launch(const void* on, int32_t kernel, int32_t blocks, int32_t width, int32_t slots, void* arguments, void*) {
  reversed = on != nullptr;
  if (width != cuda::WIDTH || slots != cuda::SLOTS) return 1;
  switch (kernel) {
    case cuda::kernel_start: run(cuda::genomenas_start, blocks, arguments); return 0;
    case cuda::kernel_node: run(cuda::genomenas_node, blocks, arguments); return 0;
    case cuda::kernel_node_backward: run(cuda::genomenas_node_backward, blocks, arguments); return 0;
    case cuda::kernel_start_backward: run(cuda::genomenas_start_backward, blocks, arguments); return 0;
    default: return 1;
  }
}

}  // namespace

Launcher emulated(bool in_reverse) { return {launch, in_reverse ? &reversed : nullptr}; }

}  // namespace genomenas
