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

template <class T>
void gemmBatch(const GemmBatchShape& s, const T* a, const T* b, T* c) {
  const int64_t matrices = (s.outer - 1) * int64_t{s.outerC} + (s.inner - 1) * int64_t{s.innerC} + 1;
  std::vector<double> sums(matrices * s.m * s.n);
  for (size_t i = 0; s.accumulate && i < sums.size(); ++i) sums[i] = c[i];
  for (int64_t outer = 0; outer < s.outer; ++outer) {
    for (int64_t inner = 0; inner < s.inner; ++inner) {
      const T* left = a + (outer * s.outerA + inner * s.innerA) * s.m * s.k;
      const T* right = b + (outer * s.outerB + inner * s.innerB) * s.k * s.n;
      double* out = sums.data() + (outer * s.outerC + inner * s.innerC) * s.m * s.n;
      for (int64_t i = 0; i < s.m; ++i) {
        for (int64_t j = 0; j < s.n; ++j) {
          for (int64_t p = 0; p < s.k; ++p) {
            out[i * s.n + j] += double{s.transposeA ? left[p * s.m + i] : left[i * s.k + p]} *
                                (s.transposeB ? right[j * s.k + p] : right[p * s.n + j]);
          }
        }
      }
    }
  }
  storeTo(sums, c);
}

}  // namespace lr::reference
