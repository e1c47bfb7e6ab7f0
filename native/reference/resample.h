// Resampling and padding by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// Calls visit(position in y, position in x or -1, weight) for every pair of taps of every output
template <class T, class Visit>
void forEachTap(const Resample2dShape& s, const int32_t* rows, const int32_t* columns, const T* rowWeights,
                const T* columnWeights, const Visit& visit) {
  for (int64_t out = 0; out < int64_t{s.planes} * s.outHeight * s.outWidth; ++out) {
    const int64_t plane = out / s.outWidth / s.outHeight;
    const int64_t row = out / s.outWidth % s.outHeight * s.taps, column = out % s.outWidth * s.taps;
    for (int64_t i = row; i < row + s.taps; ++i) {
      for (int64_t j = column; j < column + s.taps; ++j) {
        const bool inside = rows[i] >= 0 && columns[j] >= 0;
        visit(out, inside ? (plane * s.inHeight + rows[i]) * s.inWidth + columns[j] : -1,
              double{rowWeights[i]} * columnWeights[j]);
      }
    }
  }
}

template <class T>
void resample2dForward(const Resample2dShape& s, double outside, const int32_t* rows, const int32_t* columns,
                       const T* rowWeights, const T* columnWeights, const T* x, T* y) {
  std::vector<double> sums(int64_t{s.planes} * s.outHeight * s.outWidth);
  forEachTap(s, rows, columns, rowWeights, columnWeights, [&](int64_t out, int64_t from, double weight) {
    sums[out] += from < 0 ? static_cast<T>(outside) : weight * x[from];
  });
  storeTo(sums, y);
}

template <class T>
void resample2dBackward(const Resample2dShape& s, const int32_t* rows, const int32_t* columns,
                        const T* rowWeights, const T* columnWeights, const T* dy, T* dx) {
  std::vector<double> sums(int64_t{s.planes} * s.inHeight * s.inWidth);
  forEachTap(s, rows, columns, rowWeights, columnWeights, [&](int64_t out, int64_t to, double weight) {
    if (to >= 0) sums[to] += weight * dy[out];
  });
  storeTo(sums, dx);
}

}  // namespace lr::reference
