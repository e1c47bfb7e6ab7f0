// Dropout by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

template <class T>
void dropout(double scale, double kept, double dropped, int64_t inner, int64_t n, const T* x,
             const uint8_t* mask, T* y) {
  for (int64_t i = 0; i < n; ++i) {
    const bool keeps = mask[i / inner] != 0;
    y[i] = x[i] * static_cast<T>(keeps ? scale : 0) + static_cast<T>(keeps ? kept : dropped);
  }
}

}  // namespace lr::reference
