// See norm.inc.
#define ISA avx2
#include "norm.inc"
