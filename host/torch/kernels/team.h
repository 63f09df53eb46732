// The threads of libtorch's OpenMP, for kernels that are compiled without it.
#pragma once

namespace genomenas {

// Calls body(context, member, members) in each of at most `most` threads at once.
using Team = void (*)(int most, void (*body)(void* context, int member, int members), void* context);

void in_team(int most, void (*body)(void* context, int member, int members), void* context);

}  // namespace genomenas
