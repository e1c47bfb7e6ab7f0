// Matrix products by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

template <class T>
void gemm(const GemmShape& s, const T* a, const T* b, T* c) {
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double sum = s.accumulate ? c[i * s.ldc + j] : 0;
      for (int64_t p = 0; p < s.k; ++p) {
        sum += double{s.transposeA ? a[p * s.lda + i] : a[i * s.lda + p]} *
               (s.transposeB ? b[j * s.ldb + p] : b[p * s.ldb + j]);
      }
      c[i * s.ldc + j] = static_cast<T>(sum);
    }
  }
}

}  // namespace lr::reference
