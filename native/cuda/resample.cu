// Resampling, and padding as the case of one tap. Gradients are gathered as in pooling.
#include "cuda/launch.h"
#include "cuda/scalar.h"
#include "cuda/table.h"

namespace lr::cuda {

template <class T>
struct Taps {
  Resample2dShape s;
  IndexCheck check;
  const int32_t *rows, *columns;
  const T *rowWeights, *columnWeights;

  // Whether a place is in the image; with one tap, -1 says that it is not.
  __device__ bool isInside(int32_t place, int32_t length) const {
    return (s.taps != 1 || place != -1) && check.holds(place, length);
  }
};

template <class T>
struct Resample {
  Taps<T> of;
  T outside;
  const T* x;
  T* y;
  __device__ void operator()(int64_t i) const {
    const Resample2dShape& s = of.s;
    const int64_t row = i / s.outWidth % s.outHeight * s.taps, column = i % s.outWidth * s.taps;
    const T* const image = x + i / s.outWidth / s.outHeight * s.inHeight * s.inWidth;
    T sum = 0;
    for (int64_t h = row; h < row + s.taps; ++h) {
      T line = 0;
      for (int64_t w = column; w < column + s.taps; ++w) {
        if (of.isInside(of.rows[h], s.inHeight) && of.isInside(of.columns[w], s.inWidth)) {
          line += of.columnWeights[w] * image[int64_t{of.rows[h]} * s.inWidth + of.columns[w]];
        } else {
          y[i] = outside;
          return;
        }
      }
      sum += of.rowWeights[h] * line;
    }
    y[i] = sum;
  }
};

template <class T>
struct ResampleBackward {
  Taps<T> of;
  const T* dy;
  T* dx;
  __device__ void operator()(int64_t i) const {
    const Resample2dShape& s = of.s;
    const T* const gradients = dy + i / s.inWidth / s.inHeight * s.outHeight * s.outWidth;
    const int64_t h = i / s.inWidth % s.inHeight, w = i % s.inWidth;
    T sum = 0;
    for (int64_t row = 0; row < int64_t{s.outHeight} * s.taps; ++row) {
      if (!of.isInside(of.rows[row], s.inHeight) || of.rows[row] != h) continue;
      T line = 0;
      for (int64_t column = 0; column < int64_t{s.outWidth} * s.taps; ++column) {
        if (!of.isInside(of.columns[column], s.inWidth) || of.columns[column] != w) continue;
        line += of.columnWeights[column] * gradients[row / s.taps * s.outWidth + column / s.taps];
      }
      sum += of.rowWeights[row] * line;
    }
    dx[i] = sum;
  }
};

template <class T>
void resample2dForward(const Resample2dShape& s, double outside, const int32_t* rows, const int32_t* columns,
                       const T* rowWeights, const T* columnWeights, const T* x, T* y) {
  launchEach(int64_t{s.planes} * s.outHeight * s.outWidth,
             Resample<T>{
                 {s, indexCheck(), rows, columns, rowWeights, columnWeights}, static_cast<T>(outside), x, y});
}
LR_CUDA_OPERATOR(resample2dForward)

template <class T>
void resample2dBackward(const Resample2dShape& s, const int32_t* rows, const int32_t* columns,
                        const T* rowWeights, const T* columnWeights, const T* dy, T* dx) {
  launchEach(int64_t{s.planes} * s.inHeight * s.inWidth,
             ResampleBackward<T>{{s, indexCheck(), rows, columns, rowWeights, columnWeights}, dy, dx});
}
LR_CUDA_OPERATOR(resample2dBackward)

}  // namespace lr::cuda
