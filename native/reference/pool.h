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

template <class T>
void maxUnpool2dBackward(const Pool2dShape& s, const T* dy, const int32_t* index, T* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  for (int64_t out = 0; out < s.planes * outPlane; ++out) dx[out] = dy[out / outPlane * inPlane + index[out]];
}

// Calls visit(plane, i, j, rows of output row i, columns of output column j) for every output
template <class Visit>
void forEachWindow(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const Visit& visit) {
  for (int64_t plane = 0; plane < s.planes; ++plane) {
    for (int64_t i = 0; i < s.outHeight; ++i) {
      for (int64_t j = 0; j < s.outWidth; ++j) visit(plane, i, j, rows + i * 3, columns + j * 3);
    }
  }
}

template <class T>
void avgPool2dForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* x, T* y) {
  forEachWindow(s, rows, columns,
                [&](int64_t plane, int64_t i, int64_t j, const int32_t* row, const int32_t* column) {
                  double sum = 0;
                  for (int64_t h = row[0]; h < row[1]; ++h) {
                    for (int64_t w = column[0]; w < column[1]; ++w)
                      sum += x[(plane * s.inHeight + h) * s.inWidth + w];
                  }
                  y[(plane * s.outHeight + i) * s.outWidth + j] =
                      static_cast<T>(sum / (double{1} * row[2] * column[2]));
                });
}

template <class T>
void avgPool2dBackward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* dy,
                       T* dx) {
  std::vector<double> sums(int64_t{s.planes} * s.inHeight * s.inWidth);
  forEachWindow(s, rows, columns,
                [&](int64_t plane, int64_t i, int64_t j, const int32_t* row, const int32_t* column) {
                  const double share =
                      dy[(plane * s.outHeight + i) * s.outWidth + j] / (double{1} * row[2] * column[2]);
                  for (int64_t h = row[0]; h < row[1]; ++h) {
                    for (int64_t w = column[0]; w < column[1]; ++w)
                      sums[(plane * s.inHeight + h) * s.inWidth + w] += share;
                  }
                });
  storeTo(sums, dx);
}

template <class T>
void windowMaxForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* x, T* y,
                      int32_t* index) {
  forEachWindow(s, rows, columns,
                [&](int64_t plane, int64_t i, int64_t j, const int32_t* row, const int32_t* column) {
                  const T* image = x + plane * s.inHeight * s.inWidth;
                  int32_t best = -1;
                  for (int32_t h = row[0]; h < row[1]; ++h) {
                    for (int32_t w = column[0]; w < column[1]; ++w) {
                      const int32_t at = h * s.inWidth + w;
                      if (best < 0 || image[at] > image[best] || std::isnan(image[at])) best = at;
                    }
                  }
                  const int64_t out = (plane * s.outHeight + i) * s.outWidth + j;
                  index[out] = best;
                  y[out] = image[best];
                });
}

// Calls visit(position in x or -1, position in y) for every element of every window
template <class Visit>
void forEachTap(const Pool2dShape& s, const Visit& visit) {
  int64_t at = 0;
  for (int64_t plane = 0; plane < s.planes; ++plane) {
    for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
      for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
        for (int32_t oy = 0; oy < s.outHeight; ++oy) {
          for (int32_t ox = 0; ox < s.outWidth; ++ox) {
            const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
            const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
            const bool inside = iy >= 0 && iy < s.inHeight && ix >= 0 && ix < s.inWidth;
            visit(inside ? (plane * s.inHeight + iy) * s.inWidth + ix : -1, at++);
          }
        }
      }
    }
  }
}

template <class T>
void unfold2d(const Pool2dShape& s, const T* x, T* y) {
  forEachTap(s, [&](int64_t from, int64_t to) { y[to] = from < 0 ? T{} : x[from]; });
}

template <class T>
void fold2d(const Pool2dShape& s, const T* y, T* x) {
  std::vector<double> sums(int64_t{s.planes} * s.inHeight * s.inWidth);
  forEachTap(s, [&](int64_t to, int64_t from) {
    if (to >= 0) sums[to] += y[from];
  });
  storeTo(sums, x);
}

}  // namespace lr::reference
