// Depthwise convolution, one input and one output channel a group, kernels of 3 by 3 with stride 1: bound by
// memory, so a plane is read once into a zero-padded window and its outputs are written once. Lanes are
// pixels of a row; a few rows share what they read. The order of the sums of y and dx is that of the other
// direct convolutions. For dw and dbias a product is in lane column mod kSumLanes; a lane sums the rows of
// an image in a chain, then images in order within a chunk, chunks in order.

constexpr int kDepthwiseRows = kRegisters == 32 ? 4 : 2;

// y (rows, width) = bias + the taps · x, x (rows + 2, rowLength)
template <int kRows>
LR_NOINLINE void depthwiseRows(const float* x, int64_t rowLength, const float* taps, float bias, float* y,
                               int32_t width) {
  vec w[9];
#pragma GCC unroll 16
  for (int t = 0; t < 9; ++t) w[t] = broadcast(taps[t]);
  for (int32_t col = 0; col < width; col += kLanes) {
    const int32_t at = col + kLanes <= width || width < kLanes ? col : width - kLanes;
    vec sum[kRows] = {};
#pragma GCC unroll 8
    for (int r = 0; r < kRows + 2; ++r) {
      const float* row = x + r * rowLength + at;
      const vec p0 = load(row), p1 = load(row + 1), p2 = load(row + 2);
#pragma GCC unroll 4
      for (int i = 0; i < kRows; ++i) {
        const int a = r - i;
        if (a >= 0 && a < 3) {
          sum[i] = fmadd(p0, w[a * 3], sum[i]);
          sum[i] = fmadd(p1, w[a * 3 + 1], sum[i]);
          sum[i] = fmadd(p2, w[a * 3 + 2], sum[i]);
        }
      }
    }
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) {
      const vec value = broadcast(bias) + sum[i];
      if (width < kLanes) {
        storePartial(y + int64_t{i} * width, width, value);
      } else {
        store(y + int64_t{i} * width + at, value);
      }
    }
  }
}

// x (N, C, H, W), w (C, 1, 3, 3), y (N, C, oh, ow); backward: dy, w turned around, dx
void depthwiseCorrelate(const Conv2dShape& s, bool backward, const float* x, const float* w,
                        const float* bias, float* y) {
  const int32_t inHeight = backward ? s.outHeight : s.inHeight, inWidth = backward ? s.outWidth : s.inWidth;
  const int32_t height = backward ? s.inHeight : s.outHeight, width = backward ? s.inWidth : s.outWidth;
  const int32_t top = backward ? 2 - s.padTop : s.padTop, left = backward ? 2 - s.padLeft : s.padLeft;
  const Window window = makeWindow(height + 2, width + 2, 1, 1);
  parallel(int64_t{s.batch} * s.groups, [&](int64_t plane) {
    const int64_t channel = plane % s.groups;
    float taps[9];
    for (int t = 0; t < 9; ++t) taps[t] = w[channel * 9 + (backward ? 8 - t : t)];
    const float start = bias != nullptr ? bias[channel] : 0.0f;
    float* in = scratchOf<float>(kWindowSlot, window.plane + kLanes);
    fillWindow(x + plane * inHeight * inWidth, 1, inHeight, inWidth, -top, -left, window, in);
    float* out = y + plane * height * width;
    int32_t row = 0;
    for (; row + kDepthwiseRows <= height; row += kDepthwiseRows) {
      depthwiseRows<kDepthwiseRows>(in + int64_t{row} * window.cols, window.cols, taps, start,
                                    out + int64_t{row} * width, width);
    }
    for (; row < height; ++row) {
      depthwiseRows<1>(in + int64_t{row} * window.cols, window.cols, taps, start, out + int64_t{row} * width,
                       width);
    }
    if (s.relu && !backward) relu(out, int64_t{height} * width);
  });
}

// sums (10, kSumLanes) += the products of the 9 taps of x (rows + 2, rowLength) with dy (rows, width), and dy
LR_NOINLINE void depthwiseDot(const float* x, int64_t rowLength, const float* dy, int32_t rows, int32_t width,
                              float* sums) {
  for (int part = 0; part < kSumLanes; part += kLanes) {
    vec sum[10] = {};
    for (int32_t row = 0; row < rows; ++row) {
      const float *g = dy + int64_t{row} * width, *source = x + row * rowLength;
      for (int32_t col = part; col < width; col += kSumLanes) {
        const int32_t left = width - col;
        const vec value = left >= kLanes ? load(g + col) : loadPartial(g + col, left);
#pragma GCC unroll 4
        for (int a = 0; a < 3; ++a) {
#pragma GCC unroll 4
          for (int b = 0; b < 3; ++b) {
            sum[a * 3 + b] = fmadd(value, load(source + a * rowLength + col + b), sum[a * 3 + b]);
          }
        }
        sum[9] += value;
      }
    }
#pragma GCC unroll 16
    for (int t = 0; t < 10; ++t)
      store(sums + t * kSumLanes + part, load(sums + t * kSumLanes + part) + sum[t]);
  }
}

// x (N, C, H, W), dy (N, C, oh, ow), dw (C, 1, 3, 3), dbias (C) or null
void depthwiseBackwardWeight(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const Window window = makeWindow(s.outHeight + 2, s.outWidth + 2, 1, 1);
  const Parts images(s.batch, s.batch < kWantedChunks ? s.batch : kWantedChunks);
  constexpr int64_t kSums = 10 * kSumLanes;
  float* sums =
      scratchOf<float>(kWeightsSlot, images.count * s.groups * kSums);  // [chunk][channel][10][lane]
  parallel(int64_t{images.count} * s.groups, [&](int64_t unit) {
    const int32_t chunk = static_cast<int32_t>(unit / s.groups);
    const int64_t channel = unit % s.groups;
    float* total = sums + unit * kSums;
    std::memset(total, 0, sizeof(float) * kSums);
    float* in = scratchOf<float>(kWindowSlot, window.plane + kSumLanes);
    std::memset(in + window.subplane, 0, sizeof(float) * (window.plane + kSumLanes - window.subplane));
    for (int32_t image = images.begin(chunk); image < images.begin(chunk + 1); ++image) {
      const int64_t plane = int64_t{image} * s.groups + channel;
      fillWindow(x + plane * s.inHeight * s.inWidth, 1, s.inHeight, s.inWidth, -s.padTop, -s.padLeft, window,
                 in);
      depthwiseDot(in, window.cols, dy + plane * s.outHeight * s.outWidth, s.outHeight, s.outWidth, total);
    }
  });
  for (int32_t channel = 0; channel < s.groups; ++channel) {
    for (int t = 0; t < 10; ++t) {
      Lanes total(sums + channel * kSums + t * kSumLanes);
      for (int32_t chunk = 1; chunk < images.count; ++chunk) {
        const Lanes part(sums + (int64_t{chunk} * s.groups + channel) * kSums + t * kSumLanes);
        for (int v = 0; v < Lanes::kVectors; ++v) total.v[v] += part.v[v];
      }
      if (t < 9) {
        dw[channel * 9 + t] = total.sum();
      } else if (dbias != nullptr) {
        dbias[channel] = total.sum();
      }
    }
  }
}
