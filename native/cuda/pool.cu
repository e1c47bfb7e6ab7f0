// Pooling, unfolding and folding. Gradients are gathered: an element of dx adds up what is its own, in order.
#include "cuda/launch.h"
#include "cuda/scalar.h"
#include "cuda/scatter.h"
#include "cuda/table.h"

namespace lr::cuda {

// The maximum so far and where it is; a NaN is one
template <class T>
struct Most {
  T value = 0;
  int32_t at = -1;
  __device__ void take(T other, int32_t place) {
    if (at < 0 || other > value || other != other) {
      value = other;
      at = place;
    }
  }
};

template <class T>
struct MaxPool {
  Pool2dShape s;
  const T* x;
  T* y;
  int32_t* index;
  __device__ void operator()(int64_t i) const {
    const int64_t plane = i / s.outWidth / s.outHeight;
    const auto oy = static_cast<int32_t>(i / s.outWidth % s.outHeight),
               ox = static_cast<int32_t>(i % s.outWidth);
    const T* const image = x + plane * s.inHeight * s.inWidth;
    Most<T> most;
    for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
      const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
      if (iy < 0 || iy >= s.inHeight) continue;
      for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
        const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
        if (ix >= 0 && ix < s.inWidth) most.take(image[iy * s.inWidth + ix], iy * s.inWidth + ix);
      }
    }
    y[i] = most.value;
    index[i] = most.at;
  }
};

template <class T>
struct MaxUnpoolBackward {
  int64_t inPlane, outPlane;
  IndexCheck check;
  const T* dy;
  const int32_t* index;
  T* dx;
  __device__ void operator()(int64_t i) const {
    if (check.holds(index[i], inPlane)) dx[i] = dy[i / outPlane * inPlane + index[i]];
  }
};

template <class T>
void maxPool2dForward(const Pool2dShape& s, const T* x, T* y, int32_t* index) {
  launchEach(int64_t{s.planes} * s.outHeight * s.outWidth, MaxPool<T>{s, x, y, index});
}
LR_CUDA_OPERATOR(maxPool2dForward)

template <class T>
void maxPool2dBackward(const Pool2dShape& s, const T* dy, const int32_t* index, T* dx) {
  const GatherShape planes = {s.planes, s.inHeight * s.inWidth, s.outHeight * s.outWidth, 1};
  fillZero(dx, int64_t{s.planes} * planes.length * static_cast<int64_t>(sizeof(T)));
  scatterInOrder<true>(planes, dy, index, dx);
}
LR_CUDA_OPERATOR(maxPool2dBackward)

template <class T>
void maxUnpool2dBackward(const Pool2dShape& s, const T* dy, const int32_t* index, T* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  launchEach(s.planes * outPlane, MaxUnpoolBackward<T>{inPlane, outPlane, indexCheck(), dy, index, dx});
}
LR_CUDA_OPERATOR(maxUnpool2dBackward)

// One of the spans, which are of rows or of columns: [begin, end) and what a mean divides by. A span that
// leaves the image is taken for an empty one.
struct Span {
  int32_t begin, end, divisor;
  __device__ Span(const int32_t* spans, int64_t number, int32_t length, const IndexCheck& check)
      : begin(spans[number * 3]), end(spans[number * 3 + 1]), divisor(spans[number * 3 + 2]) {
    if (!check.holds(begin, int64_t{end} + 1) || !check.holds(end, int64_t{length} + 1)) end = begin = 0;
  }
};

struct Windows {
  Window2dShape s;
  IndexCheck check;
  const int32_t *rows, *columns;
  __device__ Span rowsOf(int64_t i) const {
    return Span(rows, i / s.outWidth % s.outHeight, s.inHeight, check);
  }
  __device__ Span columnsOf(int64_t i) const { return Span(columns, i % s.outWidth, s.inWidth, check); }
  __device__ int64_t planeOf(int64_t i) const {
    return i / s.outWidth / s.outHeight * s.inHeight * s.inWidth;
  }
  int64_t inputs() const { return int64_t{s.planes} * s.inHeight * s.inWidth; }
  int64_t outputs() const { return int64_t{s.planes} * s.outHeight * s.outWidth; }
};

template <class T>
struct AvgPool {
  Windows of;
  const T* x;
  T* y;
  __device__ void operator()(int64_t i) const {
    const Span row = of.rowsOf(i), column = of.columnsOf(i);
    const T* const image = x + of.planeOf(i);
    T sum = 0;
    for (int32_t h = row.begin; h < row.end; ++h) {
      for (int32_t w = column.begin; w < column.end; ++w) sum += image[h * of.s.inWidth + w];
    }
    y[i] = sum / (static_cast<T>(row.divisor) * static_cast<T>(column.divisor));
  }
};

template <class T>
struct AvgPoolBackward {
  Windows of;
  const T* dy;
  T* dx;
  __device__ void operator()(int64_t i) const {
    const Window2dShape& s = of.s;
    const int64_t line = quotientOf(i, s.inWidth), plane = quotientOf(line, s.inHeight);
    const auto h = static_cast<int32_t>(line - plane * s.inHeight),
               w = static_cast<int32_t>(i - line * s.inWidth);
    const T* const gradients = dy + plane * s.outHeight * s.outWidth;
    T sum = 0;
    for (int32_t oy = 0; oy < s.outHeight; ++oy) {
      const Span row(of.rows, oy, s.inHeight, of.check);
      if (h < row.begin || h >= row.end) continue;
      for (int32_t ox = 0; ox < s.outWidth; ++ox) {
        const Span column(of.columns, ox, s.inWidth, of.check);
        if (w < column.begin || w >= column.end) continue;
        sum +=
            gradients[oy * s.outWidth + ox] / (static_cast<T>(row.divisor) * static_cast<T>(column.divisor));
      }
    }
    dx[i] = sum;
  }
};

template <class T>
struct WindowMax {
  Windows of;
  const T* x;
  T* y;
  int32_t* index;
  __device__ void operator()(int64_t i) const {
    const Span row = of.rowsOf(i), column = of.columnsOf(i);
    const T* const image = x + of.planeOf(i);
    Most<T> most;
    for (int32_t h = row.begin; h < row.end; ++h) {
      for (int32_t w = column.begin; w < column.end; ++w)
        most.take(image[h * of.s.inWidth + w], h * of.s.inWidth + w);
    }
    y[i] = most.value;
    index[i] = most.at;
  }
};

template <class T>
void avgPool2dForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* x, T* y) {
  const Windows of = {s, indexCheck(), rows, columns};
  launchEach(of.outputs(), AvgPool<T>{of, x, y});
}
LR_CUDA_OPERATOR(avgPool2dForward)

template <class T>
void avgPool2dBackward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* dy,
                       T* dx) {
  const Windows of = {s, indexCheck(), rows, columns};
  launchEach(of.inputs(), AvgPoolBackward<T>{of, dy, dx});
}
LR_CUDA_OPERATOR(avgPool2dBackward)

template <class T>
void windowMaxForward(const Window2dShape& s, const int32_t* rows, const int32_t* columns, const T* x, T* y,
                      int32_t* index) {
  const Windows of = {s, indexCheck(), rows, columns};
  launchEach(of.outputs(), WindowMax<T>{of, x, y, index});
}
LR_CUDA_OPERATOR(windowMaxForward)

template <class T>
struct Unfold {
  Pool2dShape s;
  const T* x;
  T* y;
  __device__ void operator()(int64_t i) const {
    const auto ox = static_cast<int32_t>(i % s.outWidth),
               oy = static_cast<int32_t>(i / s.outWidth % s.outHeight);
    const int64_t tap = i / s.outWidth / s.outHeight;
    const auto kx = static_cast<int32_t>(tap % s.kernelWidth);
    const auto ky = static_cast<int32_t>(tap / s.kernelWidth % s.kernelHeight);
    const int64_t plane = tap / s.kernelWidth / s.kernelHeight;
    const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
    const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
    const bool inside = iy >= 0 && iy < s.inHeight && ix >= 0 && ix < s.inWidth;
    y[i] = inside ? x[(plane * s.inHeight + iy) * s.inWidth + ix] : T{};
  }
};

template <class T>
struct Fold {
  Pool2dShape s;
  const T* y;
  T* x;
  __device__ void operator()(int64_t i) const {
    const int64_t plane = i / s.inWidth / s.inHeight;
    const auto iy = static_cast<int32_t>(i / s.inWidth % s.inHeight),
               ix = static_cast<int32_t>(i % s.inWidth);
    T sum = 0;
    for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
      const int32_t top = iy + s.padTop - ky * s.dilationHeight;
      if (top < 0 || top % s.strideHeight != 0 || top / s.strideHeight >= s.outHeight) continue;
      for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
        const int32_t left = ix + s.padLeft - kx * s.dilationWidth;
        if (left < 0 || left % s.strideWidth != 0 || left / s.strideWidth >= s.outWidth) continue;
        const int64_t tap = (plane * s.kernelHeight + ky) * s.kernelWidth + kx;
        sum += y[(tap * s.outHeight + top / s.strideHeight) * s.outWidth + left / s.strideWidth];
      }
    }
    x[i] = sum;
  }
};

template <class T>
void unfold2d(const Pool2dShape& s, const T* x, T* y) {
  launchEach(int64_t{s.planes} * s.kernelHeight * s.kernelWidth * s.outHeight * s.outWidth,
             Unfold<T>{s, x, y});
}
LR_CUDA_OPERATOR(unfold2d)

template <class T>
void fold2d(const Pool2dShape& s, const T* y, T* x) {
  launchEach(int64_t{s.planes} * s.inHeight * s.inWidth, Fold<T>{s, y, x});
}
LR_CUDA_OPERATOR(fold2d)

}  // namespace lr::cuda
