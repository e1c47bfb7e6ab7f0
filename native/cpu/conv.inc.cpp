// conv2d: direct loops over every output element and tap.

// Position in the input of output position o at tap k, or -1 outside it
LR_ELEM int32_t inputPosition(int32_t o, int32_t k, int32_t stride, int32_t pad, int32_t dilation,
                              int32_t size) {
  const int32_t i = o * stride - pad + k * dilation;
  return i >= 0 && i < size ? i : -1;
}

// Calls tap(inputRow, inputCol, flat position in the kernel) for every tap of output (oy, ox) inside the
// image.
template <class Tap>
LR_ELEM void forEachTap(const Conv2dShape& s, int32_t oy, int32_t ox, const Tap& tap) {
  for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
    const int32_t iy = inputPosition(oy, ky, s.strideHeight, s.padTop, s.dilationHeight, s.inHeight);
    if (iy < 0) continue;
    for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
      const int32_t ix = inputPosition(ox, kx, s.strideWidth, s.padLeft, s.dilationWidth, s.inWidth);
      if (ix >= 0) tap(iy, ix, ky * s.kernelWidth + kx);
    }
  }
}

// x (N, C, H, W), w (K, C / groups, kh, kw), bias (K), y (N, K, oh, ow)
void conv2dForward(const Conv2dShape& s, const float* x, const float* w, const float* bias, float* y) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  const int64_t taps = int64_t{s.kernelHeight} * s.kernelWidth;
  parallel(int64_t{s.batch} * s.outChannels, [&](int64_t unit) {
    const int64_t n = unit / s.outChannels, k = unit % s.outChannels;
    for (int32_t oy = 0; oy < s.outHeight; ++oy) {
      for (int32_t ox = 0; ox < s.outWidth; ++ox) {
        float sum = bias != nullptr ? bias[k] : 0.0f;
        for (int32_t c = 0; c < inGroup; ++c) {
          const float* plane = x + (n * s.inChannels + k / outGroup * inGroup + c) * inPlane;
          const float* weights = w + (k * inGroup + c) * taps;
          forEachTap(s, oy, ox, [&](int32_t iy, int32_t ix, int32_t tap) {
            sum = fmadd(plane[int64_t{iy} * s.inWidth + ix], weights[tap], sum);
          });
        }
        y[unit * outPlane + int64_t{oy} * s.outWidth + ox] = sum;
      }
    }
  });
}

// dy (N, K, oh, ow), w (K, C / groups, kh, kw), dx (N, C, H, W)
void conv2dBackwardInput(const Conv2dShape& s, const float* dy, const float* w, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  const int64_t taps = int64_t{s.kernelHeight} * s.kernelWidth;
  parallel(int64_t{s.batch} * s.inChannels, [&](int64_t unit) {
    const int64_t n = unit / s.inChannels, c = unit % s.inChannels, group = c / inGroup;
    float* plane = dx + unit * inPlane;
    std::memset(plane, 0, sizeof(float) * inPlane);
    for (int64_t k = group * outGroup; k < (group + 1) * outGroup; ++k) {
      const float* weights = w + (k * inGroup + c % inGroup) * taps;
      const float* gradient = dy + (n * s.outChannels + k) * outPlane;
      for (int32_t oy = 0; oy < s.outHeight; ++oy) {
        for (int32_t ox = 0; ox < s.outWidth; ++ox) {
          forEachTap(s, oy, ox, [&](int32_t iy, int32_t ix, int32_t tap) {
            float& sum = plane[int64_t{iy} * s.inWidth + ix];
            sum = fmadd(gradient[int64_t{oy} * s.outWidth + ox], weights[tap], sum);
          });
        }
      }
    }
  });
}

// x (N, C, H, W), dy (N, K, oh, ow), dw (K, C / groups, kh, kw), dbias (K)
void conv2dBackwardWeight(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  const int64_t taps = int64_t{s.kernelHeight} * s.kernelWidth;
  parallel(s.outChannels, [&](int64_t k) {
    std::memset(dw + k * inGroup * taps, 0, sizeof(float) * inGroup * taps);
    float biasSum = 0;
    for (int64_t n = 0; n < s.batch; ++n) {
      const float* gradient = dy + (n * s.outChannels + k) * outPlane;
      for (int64_t i = 0; i < outPlane; ++i) biasSum += gradient[i];
      for (int32_t c = 0; c < inGroup; ++c) {
        const float* plane = x + (n * s.inChannels + k / outGroup * inGroup + c) * inPlane;
        float* sums = dw + (k * inGroup + c) * taps;
        for (int32_t oy = 0; oy < s.outHeight; ++oy) {
          for (int32_t ox = 0; ox < s.outWidth; ++ox) {
            forEachTap(s, oy, ox, [&](int32_t iy, int32_t ix, int32_t tap) {
              sums[tap] = fmadd(gradient[int64_t{oy} * s.outWidth + ox], plane[int64_t{iy} * s.inWidth + ix],
                                sums[tap]);
            });
          }
        }
      }
    }
    if (dbias != nullptr) dbias[k] = biasSum;
  });
}
