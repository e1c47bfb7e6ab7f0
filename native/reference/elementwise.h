// Operators on each element by itself by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

template <class T>
void accumulate(int64_t n, const T* x, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

}  // namespace lr::reference
