// See norm.inc.
#define ISA avx512
#include "norm.inc"
