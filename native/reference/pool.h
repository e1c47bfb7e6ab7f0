// Pooling by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

template <class T>
void maxPool2dForward(const Pool2dShape& s, const T* x, T* y, int32_t* index) {
  for (int64_t out = 0; out < int64_t{s.planes} * s.outHeight * s.outWidth; ++out) {
    const int64_t plane = out / s.outWidth / s.outHeight;
    const int32_t oy = static_cast<int32_t>(out / s.outWidth % s.outHeight);
    const int32_t ox = static_cast<int32_t>(out % s.outWidth);
    int32_t best = -1;
    for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
      for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
        const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
        const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
        if (iy < 0 || iy >= s.inHeight || ix < 0 || ix >= s.inWidth) continue;
        const T* image = x + plane * s.inHeight * s.inWidth;
        const int32_t at = iy * s.inWidth + ix;
        if (best < 0 || image[at] > image[best] || std::isnan(image[at])) best = at;
      }
    }
    index[out] = best;
    y[out] = x[plane * s.inHeight * s.inWidth + best];
  }
}

template <class T>
void maxPool2dBackward(const Pool2dShape& s, const T* dy, const int32_t* index, T* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> sums(s.planes * inPlane);
  for (int64_t out = 0; out < s.planes * outPlane; ++out)
    sums[out / outPlane * inPlane + index[out]] += dy[out];
  storeTo(sums, dx);
}

}  // namespace lr::reference
