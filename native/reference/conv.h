// Convolution by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// Calls visit(output index, input index, weight index) for every product in a convolution.
template <class Visit>
void forEachProduct(const Conv2dShape& s, const Visit& visit) {
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t k = 0; k < s.outChannels; ++k) {
      for (int32_t oy = 0; oy < s.outHeight; ++oy) {
        for (int32_t ox = 0; ox < s.outWidth; ++ox) {
          const int64_t out = ((n * s.outChannels + k) * s.outHeight + oy) * s.outWidth + ox;
          for (int32_t c = 0; c < inGroup; ++c) {
            const int64_t channel = n * s.inChannels + k / outGroup * inGroup + c;
            for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
              const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
              if (iy < 0 || iy >= s.inHeight) continue;
              for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
                const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
                if (ix < 0 || ix >= s.inWidth) continue;
                visit(out, (channel * s.inHeight + iy) * s.inWidth + ix,
                      ((k * inGroup + c) * s.kernelHeight + ky) * s.kernelWidth + kx);
              }
            }
          }
        }
      }
    }
  }
}

template <class T>
void conv2dForward(const Conv2dShape& s, const T* x, const T* w, const T* bias, T* y) {
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> sums(s.batch * s.outChannels * plane);
  if (bias != nullptr) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = bias[i / plane % s.outChannels];
  }
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[o] += double{x[i]} * w[k]; });
  for (double& sum : sums) sum = s.relu && sum <= 0 ? 0 : sum;
  storeTo(sums, y);
}

template <class T>
void conv2dBackwardInput(const Conv2dShape& s, const T* dy, const T* w, T* dx) {
  std::vector<double> sums(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth);
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[i] += double{dy[o]} * w[k]; });
  storeTo(sums, dx);
}

template <class T>
void conv2dBackwardWeight(const Conv2dShape& s, const T* x, const T* dy, T* dw, T* dbias) {
  std::vector<double> sums(int64_t{s.outChannels} * (s.inChannels / s.groups) * s.kernelHeight *
                           s.kernelWidth);
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[k] += double{dy[o]} * x[i]; });
  storeTo(sums, dw);
  if (dbias == nullptr) return;
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> biasSums(s.outChannels);
  for (int64_t i = 0; i < s.batch * s.outChannels * plane; ++i) biasSums[i / plane % s.outChannels] += dy[i];
  storeTo(biasSums, dbias);
}

}  // namespace lr::reference
