// See dense.inc and separable.inc.
#define ISA baseline
#include "dense.inc"
#include "separable.inc"
