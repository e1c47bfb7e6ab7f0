void gemm(const GemmShape& s, const float* a, const float* b, float* c) {
  parallel(s.m, [&](int64_t i) {
    for (int64_t j = 0; j < s.n; ++j) {
      float sum = 0;
      for (int64_t p = 0; p < s.k; ++p) {
        sum = fmadd(s.transposeA ? a[p * s.lda + i] : a[i * s.lda + p],
                    s.transposeB ? b[j * s.ldb + p] : b[p * s.ldb + j], sum);
      }
      float& out = c[i * s.ldc + j];
      out = s.accumulate ? out + sum : sum;
    }
  });
}
