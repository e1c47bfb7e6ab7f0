// linear: y = x · wᵀ + bias, as matrix products.

// x (rows, in), w (out, in), bias (out), y (rows, out)
void linearForward(const LinearShape& s, const float* x, const float* w, const float* bias, float* y) {
  if (bias != nullptr) {
    for (int64_t row = 0; row < s.rows; ++row) {
      std::memcpy(y + row * s.outFeatures, bias, sizeof(float) * s.outFeatures);
    }
  }
  gemm({.m = s.rows,
        .n = s.outFeatures,
        .k = s.inFeatures,
        .lda = s.inFeatures,
        .ldb = s.inFeatures,
        .ldc = s.outFeatures,
        .transposeA = 0,
        .transposeB = 1,
        .accumulate = bias != nullptr},
       x, w, y);
}

// dy (rows, out), w (out, in), dx (rows, in)
void linearBackwardInput(const LinearShape& s, const float* dy, const float* w, float* dx) {
  gemm({.m = s.rows,
        .n = s.inFeatures,
        .k = s.outFeatures,
        .lda = s.outFeatures,
        .ldb = s.inFeatures,
        .ldc = s.inFeatures,
        .transposeA = 0,
        .transposeB = 0,
        .accumulate = 0},
       dy, w, dx);
}

// x (rows, in), dy (rows, out), dw (out, in), dbias (out)
void linearBackwardWeight(const LinearShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  gemm({.m = s.outFeatures,
        .n = s.inFeatures,
        .k = s.rows,
        .lda = s.outFeatures,
        .ldb = s.inFeatures,
        .ldc = s.inFeatures,
        .transposeA = 1,
        .transposeB = 0,
        .accumulate = 0},
       dy, x, dw);
  if (dbias != nullptr) columnSums(s.rows, s.outFeatures, dy, dbias);
}
