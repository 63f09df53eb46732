// See norm.inc.
#define ISA baseline
#include "norm.inc"
