// See cell.inc.
#define ISA baseline
#include "cell.inc"
