#include "processor.h"

#include <cstdlib>
#include <cstring>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace genomenas {

Instructions instructions() {
#ifdef __x86_64__
  static const Instructions best = [] {
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                        __builtin_cpu_supports("avx512vl");
    return avx2 && avx512 ? Instructions::avx512 : avx2 ? Instructions::avx2 : Instructions::baseline;
  }();
  return best;
#else
  return Instructions::baseline;
#endif
}

}  // namespace genomenas

#ifdef __x86_64__
namespace {

bool made_by_intel() {
  unsigned highest, b, c, d;
  if (!__get_cpuid(0, &highest, &b, &c, &d)) return false;
  return b == signature_INTEL_ebx && c == signature_INTEL_ecx && d == signature_INTEL_edx;
}

}  // namespace

// The MKL inside libtorch asks this function of its own whether the processor is Intel's, and where it is not, it leaves
// AVX-512 unused: products of matrices then run at less than half of the speed that the processor has. The program
// exports this one in its place, so MKL goes by the instructions that the processor reports. With plain kernels MKL
// keeps to its own choice.
extern "C" __attribute__((visibility("default"))) int mkl_serv_intel_cpu_true() {
  static const bool answer = [] {
    const char* kernels = std::getenv("GENOMENAS_KERNELS");
    return (!kernels || std::strcmp(kernels, "plain") != 0) || made_by_intel();
  }();
  return answer;
}
#endif
