// Resampling, and padding as the case of one tap: rows are combined first, vector by vector, then columns.

// y = weight · x, or y += weight · x
template <bool Adds>
LR_NOINLINE void scaleRow(int64_t n, float weight, const float* x, float* y) {
  forEachElement(0, n, [=](int64_t i, auto type) {
    using T = decltype(type);
    write(y + i, Adds ? read<T>(y + i) + weight * read<T>(x + i) : weight * read<T>(x + i));
  });
}

// x (planes, H, W), y (planes, oh, ow)
void resample2dForward(const Resample2dShape& s, double outside, const int32_t* rows, const int32_t* columns,
                       const float* rowWeights, const float* columnWeights, const float* x, float* y) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const float fill = static_cast<float>(outside);
  parallelPlanes(s.planes, larger(inPlane, outPlane), [&](int64_t plane) {
    float* line = scratchOf<float>(kPoolLine, s.inWidth);
    for (int64_t row = 0; row < s.outHeight; ++row) {
      const int32_t* from = rows + row * s.taps;
      const float* weights = rowWeights + row * s.taps;
      float* out = y + plane * outPlane + row * s.outWidth;
      if (*from < 0) {
        for (int64_t i = 0; i < s.outWidth; ++i) out[i] = fill;
        continue;
      }
      scaleRow<false>(s.inWidth, weights[0], x + plane * inPlane + int64_t{from[0]} * s.inWidth, line);
      for (int32_t k = 1; k < s.taps; ++k) {
        scaleRow<true>(s.inWidth, weights[k], x + plane * inPlane + int64_t{from[k]} * s.inWidth, line);
      }
      if (s.taps == 1) {
        for (int64_t i = 0; i < s.outWidth; ++i) {
          out[i] = columns[i] < 0 ? fill : columnWeights[i] * line[columns[i]];
        }
        continue;
      }
      for (int64_t i = 0; i < s.outWidth; ++i) {
        float sum = columnWeights[i * s.taps] * line[columns[i * s.taps]];
        for (int64_t k = i * s.taps + 1; k < (i + 1) * s.taps; ++k)
          sum += columnWeights[k] * line[columns[k]];
        out[i] = sum;
      }
    }
  });
}

// dy (planes, oh, ow), dx (planes, H, W)
void resample2dBackward(const Resample2dShape& s, const int32_t* rows, const int32_t* columns,
                        const float* rowWeights, const float* columnWeights, const float* dy, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  parallelPlanes(s.planes, larger(inPlane, outPlane), [&](int64_t plane) {
    float* line = scratchOf<float>(kPoolLine, s.inWidth);
    std::memset(dx + plane * inPlane, 0, sizeof(float) * inPlane);
    for (int64_t row = 0; row < s.outHeight; ++row) {
      const int32_t* to = rows + row * s.taps;
      if (*to < 0) continue;
      const float* gradient = dy + plane * outPlane + row * s.outWidth;
      std::memset(line, 0, sizeof(float) * s.inWidth);
      for (int64_t i = 0; i < s.outWidth; ++i) {
        if (columns[i * s.taps] < 0) continue;
        for (int64_t k = i * s.taps; k < (i + 1) * s.taps; ++k) {
          line[columns[k]] += columnWeights[k] * gradient[i];
        }
      }
      for (int32_t k = 0; k < s.taps; ++k) {
        scaleRow<true>(s.inWidth, rowWeights[row * s.taps + k], line,
                       dx + plane * inPlane + int64_t{to[k]} * s.inWidth);
      }
    }
  });
}
