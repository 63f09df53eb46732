// See dense.inc and separable.inc.
#define ISA avx512
#include "dense.inc"
#include "separable.inc"
