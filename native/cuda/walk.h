// Where the operands of a strided walk are.
#pragma once
#include "cuda/scalar.h"
#include "lr/kernels.h"

namespace lr::cuda {

template <int kOperands>
struct Places {
  int64_t at[kOperands];
};

// Of the i-th place in row-major order
template <int kOperands>
__device__ __forceinline__ Places<kOperands> placesOf(const Strided& s, int64_t i) {
  Places<kOperands> places;
  for (int k = 0; k < kOperands; ++k) places.at[k] = s.offsets[k];
  auto rest = static_cast<uint32_t>(i);
  for (int d = s.dims - 1; d > 0; --d) {
    const uint32_t length = static_cast<uint32_t>(s.shape[d]), quotient = rest / length;
    const int64_t index = rest - quotient * length;
    for (int k = 0; k < kOperands; ++k) places.at[k] += index * s.strides[k][d];
    rest = quotient;
  }
  for (int k = 0; k < kOperands; ++k) places.at[k] += int64_t{rest} * s.strides[k][0];
  return places;
}

inline int64_t sizeOf(const Strided& s) {
  int64_t n = 1;
  for (int d = 0; d < s.dims; ++d) n *= s.shape[d];
  return n;
}

}  // namespace lr::cuda
