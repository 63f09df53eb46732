#include "team.h"

#include <omp.h>

namespace genomenas {

void in_team(int most, void (*body)(void* context, int member, int members), void* context) {
  if (most <= 1) return body(context, 0, 1);
#pragma omp parallel num_threads(most)
  body(context, omp_get_thread_num(), omp_get_num_threads());
}

}  // namespace genomenas
