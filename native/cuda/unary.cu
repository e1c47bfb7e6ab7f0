// Functions of one element by their number in the enum Unary.
#include "cuda/formulas.h"
#include "cuda/launch.h"
#include "cuda/table.h"
#include "reference/unary.h"

namespace lr::cuda {

template <class F>
struct UnaryForward {
  F f;
  const float* x;
  float* y;
  __device__ void operator()(int64_t i) const { y[i] = f(x[i]); }
};

template <class F>
struct UnaryBackward {
  F f;
  const float *x, *y, *dy;
  float* dx;
  __device__ void operator()(int64_t i) const { dx[i] = f.gradient(x[i], y[i], dy[i]); }
};

struct Unary64 {
  int32_t kind;
  double a, b;
  const double *x, *y, *dy;
  double* to;
};
struct UnaryForward64 : Unary64 {
  __device__ void operator()(int64_t i) const { to[i] = reference::unaryOf(kind, a, b, x[i]); }
};
struct UnaryBackward64 : Unary64 {
  __device__ void operator()(int64_t i) const {
    const double slope = reference::unarySlope(kind, a, b, x[i], y[i]);
    to[i] = slope == 0 && reference::isMask(kind) ? 0 : dy[i] * slope;
  }
};

template <class T>
void unaryForward(int32_t kind, double a, double b, int64_t n, const T* x, T* y) {
  if constexpr (sizeof(T) == sizeof(float)) {
    withUnary(kind, a, b, [=](auto f) { launchEach(n, UnaryForward<decltype(f)>{f, x, y}); });
  } else {
    launchEach(n, UnaryForward64{{kind, a, b, x, nullptr, nullptr, y}});
  }
}
LR_CUDA_OPERATOR(unaryForward)

template <class T>
void unaryBackward(int32_t kind, double a, double b, int64_t n, const T* x, const T* y, const T* dy, T* dx) {
  if constexpr (sizeof(T) == sizeof(float)) {
    withUnary(kind, a, b, [=](auto f) { launchEach(n, UnaryBackward<decltype(f)>{f, x, y, dy, dx}); });
  } else {
    launchEach(n, UnaryBackward64{{kind, a, b, x, y, dy, dx}});
  }
}
LR_CUDA_OPERATOR(unaryBackward)

}  // namespace lr::cuda
