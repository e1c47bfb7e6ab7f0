// linear: y = x · wᵀ + bias, as matrix products. The bias is what each element starts from.

// x (rows, in), w (out, in), bias (out), y (rows, out)
void linearForward(const LinearShape& s, const float* x, const float* w, const float* bias, float* y) {
  const GemmShape product = {.m = s.rows,
                             .n = s.outFeatures,
                             .k = s.inFeatures,
                             .lda = s.inFeatures,
                             .ldb = s.inFeatures,
                             .ldc = s.outFeatures,
                             .transposeA = 0,
                             .transposeB = 1,
                             .accumulate = 0};
  gemmFrom(product, x, w, {bias, 0}, y);
}

// dy (rows, out), w (out, in), dx (rows, in)
void linearBackwardInput(const LinearShape& s, const float* dy, const float* w, float* dx) {
  const GemmShape product = {.m = s.rows,
                             .n = s.inFeatures,
                             .k = s.outFeatures,
                             .lda = s.outFeatures,
                             .ldb = s.inFeatures,
                             .ldc = s.inFeatures,
                             .transposeA = 0,
                             .transposeB = 0,
                             .accumulate = 0};
  gemm(product, dy, w, dx);
}

// x (rows, in), dy (rows, out), dw (out, in), dbias (out)
void linearBackwardWeight(const LinearShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const GemmShape product = {.m = s.outFeatures,
                             .n = s.inFeatures,
                             .k = s.rows,
                             .lda = s.outFeatures,
                             .ldb = s.inFeatures,
                             .ldc = s.inFeatures,
                             .transposeA = 1,
                             .transposeB = 0,
                             .accumulate = 0};
  gemm(product, dy, x, dw);
  if (dbias != nullptr) columnSums(s.rows, s.outFeatures, dy, dbias);
}
