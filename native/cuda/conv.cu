// Convolutions and their gradients as products of matrices, of which one is never stored: its elements are
// taken from the image as they are needed. With few channels in a group, directly. Winograd's algorithms are
// not used.
#include "cuda/libraries.h"
#include "cuda/product.h"
#include "cuda/reduction.h"
#include "cuda/table.h"

namespace lr::cuda {

// An image of a batch and a tap of the kernel by their numbers; everything fits in 32 bits.
struct ConvPlaces {
  Conv2dShape s;
  int32_t inGroup, outGroup, taps;

  explicit ConvPlaces(const Conv2dShape& shape)
      : s(shape),
        inGroup(shape.inChannels / shape.groups),
        outGroup(shape.outChannels / shape.groups),
        taps(shape.kernelHeight * shape.kernelWidth) {}

  __device__ int32_t tapRow(int32_t tap) const { return tap / s.kernelWidth; }
  __device__ int32_t tapColumn(int32_t tap) const { return tap % s.kernelWidth; }

  // The element of x that output (n, oy, ox) takes for a tap, or 0 outside the image
  template <class T>
  __device__ T inputOf(const T* x, int64_t n, int32_t channel, int32_t oy, int32_t ox, int32_t tap) const {
    const int32_t iy = oy * s.strideHeight - s.padTop + tapRow(tap) * s.dilationHeight;
    const int32_t ix = ox * s.strideWidth - s.padLeft + tapColumn(tap) * s.dilationWidth;
    if (iy < 0 || iy >= s.inHeight || ix < 0 || ix >= s.inWidth) return 0;
    return x[((n * s.inChannels + channel) * s.inHeight + iy) * s.inWidth + ix];
  }

  // The element of dy whose output takes input (n, iy, ix) for a tap, or 0 where there is none
  template <class T>
  __device__ T outputOf(const T* dy, int64_t n, int32_t channel, int32_t iy, int32_t ix, int32_t tap) const {
    const int32_t y = iy + s.padTop - tapRow(tap) * s.dilationHeight;
    const int32_t x = ix + s.padLeft - tapColumn(tap) * s.dilationWidth;
    if (y < 0 || x < 0 || y % s.strideHeight != 0 || x % s.strideWidth != 0) return 0;
    const int32_t oy = y / s.strideHeight, ox = x / s.strideWidth;
    if (oy >= s.outHeight || ox >= s.outWidth) return 0;
    return dy[((n * s.outChannels + channel) * s.outHeight + oy) * s.outWidth + ox];
  }
  __device__ int64_t weightAt(int32_t outChannel, int32_t c, int32_t tap) const {
    return (int64_t{outChannel} * inGroup + c) * taps + tap;
  }

  int64_t outPlane() const { return int64_t{s.outHeight} * s.outWidth; }
  int64_t inPlane() const { return int64_t{s.inHeight} * s.inWidth; }
  bool isDirect() const { return s.groups > 1 && outGroup < 8 && inGroup < 8; }
};

// A pixel of a batch by its number
struct Pixel {
  int32_t n, y, x;
  __device__ Pixel(int64_t number, int32_t height, int32_t width) {
    const auto all = static_cast<uint32_t>(number);
    x = static_cast<int32_t>(all % static_cast<uint32_t>(width));
    y = static_cast<int32_t>(all / static_cast<uint32_t>(width) % static_cast<uint32_t>(height));
    n = static_cast<int32_t>(all / static_cast<uint32_t>(width) / static_cast<uint32_t>(height));
  }
};

template <class T>
struct ConvOutput {
  Conv2dShape s;
  const T* bias;
  T* y;
  __device__ void store(int64_t n, int64_t channel, int64_t pixel, T sum) const {
    if (bias != nullptr) sum += bias[channel];
    if (s.relu != 0 && sum <= 0) sum = 0;
    y[(n * s.outChannels + channel) * s.outHeight * s.outWidth + pixel] = sum;
  }
};

// (channels of a group, inGroup · taps) · (inGroup · taps, pixels of y)
template <class T>
struct ConvForwardProduct {
  using Element = T;
  static constexpr bool aAlong = true, bAlong = false;
  ConvPlaces of;
  int64_t m, n, k, batches;
  const T *x, *w;
  ConvOutput<T> output;
  __device__ T a(int group, int64_t i, int64_t p) const { return w[(group * m + i) * k + p]; }
  __device__ T b(int group, int64_t p, int64_t j) const {
    const Pixel at(j, of.s.outHeight, of.s.outWidth);
    const auto number = static_cast<int32_t>(p);
    return of.inputOf(x, at.n, group * of.inGroup + number / of.taps, at.y, at.x, number % of.taps);
  }
  __device__ void store(int group, int64_t i, int64_t j, T sum) const {
    const int64_t plane = int64_t{of.s.outHeight} * of.s.outWidth;
    output.store(j / plane, group * m + i, j % plane, sum);
  }
};

// (channels of a group, outGroup · taps) · (outGroup · taps, pixels of x)
template <class T>
struct ConvInputProduct {
  using Element = T;
  static constexpr bool aAlong = false, bAlong = false;
  ConvPlaces of;
  int64_t m, n, k, batches;
  const T *dy, *w;
  T* dx;
  __device__ T a(int group, int64_t i, int64_t p) const {
    const auto number = static_cast<int32_t>(p);
    return w[of.weightAt(group * of.outGroup + number / of.taps, static_cast<int32_t>(i), number % of.taps)];
  }
  __device__ T b(int group, int64_t p, int64_t j) const {
    const Pixel at(j, of.s.inHeight, of.s.inWidth);
    const auto number = static_cast<int32_t>(p);
    return of.outputOf(dy, at.n, group * of.outGroup + number / of.taps, at.y, at.x, number % of.taps);
  }
  __device__ void store(int group, int64_t i, int64_t j, T sum) const {
    const int64_t plane = int64_t{of.s.inHeight} * of.s.inWidth;
    dx[(j / plane * of.s.inChannels + group * m + i) * plane + j % plane] = sum;
  }
};

// (channels of a group, pixels of y) · (pixels of y, inGroup · taps)
template <class T>
struct ConvWeightProduct {
  using Element = T;
  static constexpr bool aAlong = true, bAlong = true;
  ConvPlaces of;
  int64_t m, n, k, batches;
  const T *x, *dy;
  T* dw;
  __device__ T a(int group, int64_t i, int64_t p) const {
    const int64_t plane = int64_t{of.s.outHeight} * of.s.outWidth;
    return dy[(p / plane * of.s.outChannels + group * m + i) * plane + p % plane];
  }
  __device__ T b(int group, int64_t p, int64_t j) const {
    const Pixel at(p, of.s.outHeight, of.s.outWidth);
    const auto number = static_cast<int32_t>(j);
    return of.inputOf(x, at.n, group * of.inGroup + number / of.taps, at.y, at.x, number % of.taps);
  }
  __device__ void store(int group, int64_t i, int64_t j, T sum) const { dw[(group * m + i) * n + j] = sum; }
};

template <class T>
struct ConvForwardDirect {
  ConvPlaces of;
  const T *x, *w;
  ConvOutput<T> output;
  __device__ void operator()(int64_t i) const {
    const int64_t plane = int64_t{of.s.outHeight} * of.s.outWidth, pixel = i % plane,
                  n = i / plane / of.s.outChannels;
    const auto channel = static_cast<int32_t>(i / plane % of.s.outChannels);
    const int32_t first = channel / of.outGroup * of.inGroup;
    const auto oy = static_cast<int32_t>(pixel / of.s.outWidth),
               ox = static_cast<int32_t>(pixel % of.s.outWidth);
    T sum = 0;
    for (int32_t c = 0; c < of.inGroup; ++c) {
      for (int32_t tap = 0; tap < of.taps; ++tap)
        sum = fmadd(of.inputOf(x, n, first + c, oy, ox, tap), w[of.weightAt(channel, c, tap)], sum);
    }
    output.store(n, channel, pixel, sum);
  }
};

template <class T>
struct ConvInputDirect {
  ConvPlaces of;
  const T *dy, *w;
  T* dx;
  __device__ void operator()(int64_t i) const {
    const int64_t plane = int64_t{of.s.inHeight} * of.s.inWidth, pixel = i % plane,
                  n = i / plane / of.s.inChannels;
    const auto channel = static_cast<int32_t>(i / plane % of.s.inChannels);
    const int32_t first = channel / of.inGroup * of.outGroup;
    const auto iy = static_cast<int32_t>(pixel / of.s.inWidth),
               ix = static_cast<int32_t>(pixel % of.s.inWidth);
    T sum = 0;
    for (int32_t k = first; k < first + of.outGroup; ++k) {
      for (int32_t tap = 0; tap < of.taps; ++tap)
        sum = fmadd(of.outputOf(dy, n, k, iy, ix, tap), w[of.weightAt(k, channel % of.inGroup, tap)], sum);
    }
    dx[i] = sum;
  }
};

template <class T>
struct ConvWeightDirect : MergeTotals {
  ConvPlaces of;
  const T *x, *dy;
  T* dw;
  ConvWeightDirect(const ConvPlaces& places, const T* from, const T* gradient, T* to)
      : of(places), x(from), dy(gradient), dw(to) {}
  __device__ void add(Total& sum, int64_t weight, int64_t p) const {
    const auto number = static_cast<int32_t>(weight);
    const int32_t tap = number % of.taps, c = number / of.taps % of.inGroup,
                  channel = number / of.taps / of.inGroup;
    const Pixel at(p, of.s.outHeight, of.s.outWidth);
    const T gradient =
        dy[((int64_t{at.n} * of.s.outChannels + channel) * of.s.outHeight + at.y) * of.s.outWidth + at.x];
    sum.total +=
        double{gradient} * of.inputOf(x, at.n, channel / of.outGroup * of.inGroup + c, at.y, at.x, tap);
  }
  __device__ void finish(int64_t weight, const Total& sum) const { dw[weight] = static_cast<T>(sum.total); }
};

template <class T>
struct ConvBias : MergeTotals {
  int64_t channels, plane;
  const T* dy;
  T* dbias;
  ConvBias(int64_t c, int64_t p, const T* from, T* to) : channels(c), plane(p), dy(from), dbias(to) {}
  __device__ void add(Total& sum, int64_t channel, int64_t i) const {
    sum.total += dy[(i / plane * channels + channel) * plane + i % plane];
  }
  __device__ void finish(int64_t channel, const Total& sum) const {
    dbias[channel] = static_cast<T>(sum.total);
  }
};

// Bias and relu of what a library gave
template <class T>
struct ConvFinish {
  int64_t plane;
  ConvOutput<T> output;
  __device__ void operator()(int64_t i) const {
    const int64_t channel = i / plane;
    output.store(channel / output.s.outChannels, channel % output.s.outChannels, i % plane, output.y[i]);
  }
};

template <class T>
void conv2dForward(const Conv2dShape& s, const T* x, const T* w, const T* bias, T* y) {
  const ConvPlaces of(s);
  const ConvOutput<T> output = {s, bias, y};
  const int64_t pixels = s.batch * of.outPlane();
  if (convForwardByLibrary(s, x, w, y)) {
    if (bias != nullptr || s.relu != 0)
      launchEach(pixels * s.outChannels, ConvFinish<T>{of.outPlane(), output});
    return;
  }
  if (of.isDirect()) return launchEach(pixels * s.outChannels, ConvForwardDirect<T>{of, x, w, output});
  launchProduct(
      ConvForwardProduct<T>{of, of.outGroup, pixels, int64_t{of.inGroup} * of.taps, s.groups, x, w, output});
}
LR_CUDA_OPERATOR(conv2dForward)

template <class T>
void conv2dBackwardInput(const Conv2dShape& s, const T* dy, const T* w, T* dx) {
  if (convInputByLibrary(s, dy, w, dx)) return;
  const ConvPlaces of(s);
  const int64_t pixels = s.batch * of.inPlane();
  if (of.isDirect()) return launchEach(pixels * s.inChannels, ConvInputDirect<T>{of, dy, w, dx});
  launchProduct(
      ConvInputProduct<T>{of, of.inGroup, pixels, int64_t{of.outGroup} * of.taps, s.groups, dy, w, dx});
}
LR_CUDA_OPERATOR(conv2dBackwardInput)

template <class T>
void conv2dBackwardWeight(const Conv2dShape& s, const T* x, const T* dy, T* dw, T* dbias) {
  const ConvPlaces of(s);
  const int64_t pixels = s.batch * of.outPlane(), weights = int64_t{of.inGroup} * of.taps;
  if (dbias != nullptr)
    launchReduction(s.outChannels, pixels, false, ConvBias<T>(s.outChannels, of.outPlane(), dy, dbias));
  if (convWeightByLibrary(s, x, dy, dw)) return;
  if (of.isDirect())
    return launchReduction(s.outChannels * weights, pixels, false, ConvWeightDirect<T>(of, x, dy, dw));
  launchProduct(ConvWeightProduct<T>{of, of.outGroup, weights, pixels, s.groups, x, dy, dw});
}
LR_CUDA_OPERATOR(conv2dBackwardWeight)

}  // namespace lr::cuda
