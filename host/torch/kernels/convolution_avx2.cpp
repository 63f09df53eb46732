// See dense.inc and separable.inc.
#define ISA avx2
#include "dense.inc"
#include "separable.inc"
