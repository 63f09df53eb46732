// Which set of instructions the kernels use.
#pragma once

namespace genomenas {

enum class Instructions { baseline, avx2, avx512 };

// The best that this processor and its operating system have.
Instructions instructions();

}  // namespace genomenas
