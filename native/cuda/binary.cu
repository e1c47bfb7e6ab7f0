// Functions of two elements that broadcast, by their numbers in the enums Binary and Compare, and where.
#include "cuda/formulas.h"
#include "cuda/launch.h"
#include "cuda/table.h"
#include "cuda/walk.h"
#include "reference/binary.h"

namespace lr::cuda {

template <class F>
struct BinaryForward {
  F f;
  Strided s;
  const float *a, *b;
  float* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    y[i] = f(a[places.at[0]], b[places.at[1]]);
  }
};

template <class F>
struct BinaryBackward {
  F f;
  Strided s;
  const float *a, *b, *dy;
  float *da, *db;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    const float p = a[places.at[0]], q = b[places.at[1]], gradient = dy[i];
    if (da != nullptr) da[i] = f.gradientA(p, q, gradient);
    if (db != nullptr) db[i] = f.gradientB(p, q, gradient);
  }
};

struct BinaryForward64 {
  int32_t kind;
  Strided s;
  const double *a, *b;
  double* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    y[i] = reference::binaryOf(kind, a[places.at[0]], b[places.at[1]]);
  }
};

struct BinaryBackward64 {
  int32_t kind;
  Strided s;
  const double *a, *b, *dy;
  double *da, *db;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    const reference::Slopes slopes = reference::binarySlopes(kind, a[places.at[0]], b[places.at[1]]);
    if (da != nullptr) da[i] = reference::slopeTimes(kind, slopes.a, dy[i]);
    if (db != nullptr) db[i] = reference::slopeTimes(kind, slopes.b, dy[i]);
  }
};

template <class T>
struct CompareElements {
  int32_t kind;
  Strided s;
  const T *a, *b;
  uint8_t* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    y[i] = reference::compares(kind, a[places.at[0]], b[places.at[1]]);
  }
};

template <class T>
struct Where {
  Strided s;
  const uint8_t* condition;
  const T *a, *b;
  T* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<3>(s, i);
    y[i] = condition[places.at[0]] != 0 ? a[places.at[1]] : b[places.at[2]];
  }
};

template <class T>
void binaryForward(int32_t kind, const Strided& s, const T* a, const T* b, T* y) {
  if constexpr (sizeof(T) == sizeof(float)) {
    withBinary(kind, [&](auto f) { launchEach(sizeOf(s), BinaryForward<decltype(f)>{f, s, a, b, y}); });
  } else {
    launchEach(sizeOf(s), BinaryForward64{kind, s, a, b, y});
  }
}
LR_CUDA_OPERATOR(binaryForward)

template <class T>
void binaryBackward(int32_t kind, const Strided& s, const T* a, const T* b, const T* dy, T* da, T* db) {
  if constexpr (sizeof(T) == sizeof(float)) {
    withBinary(kind,
               [&](auto f) { launchEach(sizeOf(s), BinaryBackward<decltype(f)>{f, s, a, b, dy, da, db}); });
  } else {
    launchEach(sizeOf(s), BinaryBackward64{kind, s, a, b, dy, da, db});
  }
}
LR_CUDA_OPERATOR(binaryBackward)

template <class T>
void compare(int32_t kind, const Strided& s, const T* a, const T* b, uint8_t* y) {
  launchEach(sizeOf(s), CompareElements<T>{kind, s, a, b, y});
}
LR_CUDA_OPERATOR(compare)

template <class T>
void where(const Strided& s, const uint8_t* condition, const T* a, const T* b, T* y) {
  launchEach(sizeOf(s), Where<T>{s, condition, a, b, y});
}
LR_CUDA_OPERATOR(where)

}  // namespace lr::cuda
