// See cell.inc.
#define ISA avx512
#include "cell.inc"
