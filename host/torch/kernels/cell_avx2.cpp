// See cell.inc.
#define ISA avx2
#include "cell.inc"
