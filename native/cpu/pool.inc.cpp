// maxPool2d: the maximum of each window and where it was; a NaN is a maximum. Columns whose windows lie
// inside the image go vector by vector for strides 1 and 2, the others one by one.

constexpr int64_t kPoolUnit = 16384;  // input elements of a unit, at the least

LR_ELEM ivec laneNumbers() {
  ivec lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = i;
  return lanes;
}

// p[0], p[stride], p[2 · stride], ...; reads nothing beyond the last
template <int kStride>
LR_ELEM vec loadEvery(const float* p) {
  if constexpr (kStride == 1) {
    return load(p);
  } else {
    const vec a = load(p), b = load(p + kLanes - 1);
#if LR_LANES == 4
    return __builtin_shufflevector(a, b, 0, 2, 5, 7);
#elif LR_LANES == 8
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15);
#else
    return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
#endif
  }
}

// p[0] = a[0], p[1] = b[0], p[2] = a[1], ...
LR_ELEM void storeInterleaved(float* p, vec a, vec b) {
#if LR_LANES == 4
  store(p, __builtin_shufflevector(a, b, 0, 4, 1, 5));
  store(p + kLanes, __builtin_shufflevector(a, b, 2, 6, 3, 7));
#elif LR_LANES == 8
  store(p, __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11));
  store(p + kLanes, __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15));
#else
  store(p, __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
  store(p + kLanes,
        __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
#endif
}

// The taps of a window along one axis that lie inside the image
struct TapRange {
  int32_t begin, end;
};
LR_ELEM TapRange tapsInside(int32_t first, int32_t kernel, int32_t dilation, int32_t size) {
  const int32_t begin = first < 0 ? (-first + dilation - 1) / dilation : 0;
  const int32_t end = first >= size ? 0 : (size - 1 - first) / dilation + 1;
  return {begin, end < kernel ? end : kernel};
}

// One output: x (H, W), the window that begins at (top, left)
LR_ELEM void poolWindow(const Pool2dShape& s, const float* x, int32_t top, int32_t left, float* y,
                        int32_t* index) {
  const TapRange rows = tapsInside(top, s.kernelHeight, s.dilationHeight, s.inHeight);
  const TapRange cols = tapsInside(left, s.kernelWidth, s.dilationWidth, s.inWidth);
  int32_t best = -1;
  float most = 0;
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (int32_t kx = cols.begin; kx < cols.end; ++kx) {
      const int32_t at = (top + ky * s.dilationHeight) * s.inWidth + left + kx * s.dilationWidth;
      const float value = x[at];
      if (best < 0 || value > most || value != value) {
        best = at;
        most = value;
      }
    }
  }
  *y = most;
  *index = best;
}

// kLanes outputs of windows whose columns lie inside; `left` is the first one's
template <int kStride>
LR_ELEM void poolWindows(const Pool2dShape& s, const float* x, int32_t top, int32_t left, float* y,
                         int32_t* index) {
  const TapRange rows = tapsInside(top, s.kernelHeight, s.dilationHeight, s.inHeight);
  ivec best = {};
  vec most = {};
  for (int32_t ky = rows.begin; ky < rows.end; ++ky) {
    for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
      const int32_t first = (top + ky * s.dilationHeight) * s.inWidth + left + kx * s.dilationWidth;
      const vec value = loadEvery<kStride>(x + first);
      const ivec at = laneNumbers() * kStride + first;
      const ivec take = (ky == rows.begin && kx == 0 ? ~ivec{} : ivec{}) | (value > most) | (value != value);
      best = take ? at : best;
      most = take ? value : most;
    }
  }
  store(y, most);
  std::memcpy(index, &best, sizeof best);
}

template <int kStride>
LR_NOINLINE void poolRow(const Pool2dShape& s, const float* x, int32_t row, float* y, int32_t* index) {
  const int32_t top = row * s.strideHeight - s.padTop;
  const int32_t extent = (s.kernelWidth - 1) * s.dilationWidth + 1;
  int32_t begin = (s.padLeft + s.strideWidth - 1) / s.strideWidth;
  int32_t end = s.inWidth + s.padLeft < extent ? 0 : (s.inWidth + s.padLeft - extent) / s.strideWidth + 1;
  if (end > s.outWidth) end = s.outWidth;
  if (kStride == 0 || end - begin < kLanes) begin = end = 0;
  int32_t col = 0;
  const auto single = [&](int32_t until) {
    for (; col < until; ++col) poolWindow(s, x, top, col * s.strideWidth - s.padLeft, y + col, index + col);
  };
  single(begin);
  if constexpr (kStride > 0) {
    while (col < end) {
      if (col > end - kLanes) col = end - kLanes;
      poolWindows<kStride>(s, x, top, col * kStride - s.padLeft, y + col, index + col);
      col += kLanes;
    }
  }
  single(s.outWidth);
}

// Calls body(plane) for every plane, over the threads
template <class Body>
void parallelPlanes(const Pool2dShape& s, const Body& body) {
  const int64_t size = int64_t{s.inHeight} * s.inWidth;
  const int64_t planes = size < kPoolUnit ? kPoolUnit / size : 1;
  parallel((s.planes + planes - 1) / planes, [&](int64_t unit) {
    for (int64_t plane = unit * planes; plane < (unit + 1) * planes && plane < s.planes; ++plane) body(plane);
  });
}

// x (planes, H, W), y and index (planes, oh, ow)
void maxPool2dForward(const Pool2dShape& s, const float* x, float* y, int32_t* index) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const auto pool = s.strideWidth == 1 ? poolRow<1> : s.strideWidth == 2 ? poolRow<2> : poolRow<0>;
  parallelPlanes(s, [&](int64_t plane) {
    for (int32_t row = 0; row < s.outHeight; ++row) {
      const int64_t out = plane * outPlane + int64_t{row} * s.outWidth;
      pool(s, x + plane * inPlane, row, y + out, index + out);
    }
  });
}

// Windows of 2 by 2 side by side and inside the image: a row of outputs is two rows of dx.
LR_NOINLINE void unpoolPairs(const Pool2dShape& s, const float* dy, const int32_t* index, int32_t row,
                             float* dx) {
  float* upper = dx + int64_t{2} * row * s.inWidth;
  float* lower = upper + s.inWidth;
  int32_t col = 0;
  for (; col + kLanes <= s.outWidth; col += kLanes) {
    const vec gradient = load(dy + col);
    ivec at;
    std::memcpy(&at, index + col, sizeof at);
    at -= laneNumbers() * 2 + 2 * (row * s.inWidth + col);
    const vec zero = {};
    storeInterleaved(upper + 2 * col, at == 0 ? gradient : zero, at == 1 ? gradient : zero);
    storeInterleaved(lower + 2 * col, at == s.inWidth ? gradient : zero,
                     at == s.inWidth + 1 ? gradient : zero);
  }
  for (; col < s.outWidth; ++col) {
    upper[2 * col] = upper[2 * col + 1] = lower[2 * col] = lower[2 * col + 1] = 0.0f;
    dx[index[col]] = dy[col];
  }
  for (int32_t i = 2 * s.outWidth; i < s.inWidth; ++i) upper[i] = lower[i] = 0.0f;
}

// dy and index (planes, oh, ow), dx (planes, H, W)
void maxPool2dBackward(const Pool2dShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const bool pairs = s.kernelHeight == 2 && s.kernelWidth == 2 && s.strideHeight == 2 && s.strideWidth == 2 &&
                     s.dilationHeight == 1 && s.dilationWidth == 1 && s.padTop == 0 && s.padLeft == 0 &&
                     2 * s.outHeight <= s.inHeight && 2 * s.outWidth <= s.inWidth;
  parallelPlanes(s, [&](int64_t plane) {
    float* out = dx + plane * inPlane;
    if (pairs) {
      for (int32_t row = 0; row < s.outHeight; ++row) {
        const int64_t at = plane * outPlane + int64_t{row} * s.outWidth;
        unpoolPairs(s, dy + at, index + at, row, out);
      }
      const int64_t done = int64_t{2} * s.outHeight * s.inWidth;
      std::memset(out + done, 0, sizeof(float) * (inPlane - done));
      return;
    }
    std::memset(out, 0, sizeof(float) * inPlane);
    for (int64_t i = plane * outPlane; i < (plane + 1) * outPlane; ++i) out[index[i]] += dy[i];
  });
}
