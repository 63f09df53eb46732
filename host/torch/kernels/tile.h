// Rows of channels as whole vectors.
#pragma once

namespace genomenas {

// Rows that make a tile of whole vectors, and of at least four of them. (Static: no copy is shared between units.)
static inline long rows_of_tile(long C) {
  long rows = 1;
  while (C * rows % 16 != 0) rows++;
  const long vectors = rows;
  while (C * rows < 64) rows += vectors;
  return rows;
}

}  // namespace genomenas
