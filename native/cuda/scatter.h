// Adding where indices say, in the order of the sources whatever runs at the same time.
#pragma once
#include "cuda/launch.h"
#include "lr/kernels.h"

namespace lr::cuda {

// y[o, index[o, i, k], k] += or = x[o, i, k]. A block has one (o, k) and takes kBlock sources at a time, of
// which the first (of those that are stored, the last) of equal indices acts for all of them.
template <bool adds, class T>
__global__ void __launch_bounds__(kBlock)
    scatterKernel(GatherShape s, IndexCheck check, const T* x, const int32_t* index, T* y) {
  __shared__ int32_t targets[kBlock];
  __shared__ T values[kBlock];
  const int64_t inner = s.inner, outer = blockIdx.x / inner, k = blockIdx.x % inner;
  const int self = static_cast<int>(threadIdx.x);
  for (int64_t begin = 0; begin < s.count; begin += kBlock) {
    const int64_t source = (outer * s.count + begin + self) * inner + k;
    const bool isSource = begin + self < s.count && check.holds(index[source], s.length);
    const int32_t target = isSource ? index[source] : -1;
    targets[self] = target;
    if (isSource) values[self] = x[source];
    __syncthreads();
    bool acts = isSource;
    for (int other = adds ? 0 : self + 1; acts && other < (adds ? self : kBlock); ++other)
      acts = targets[other] != target;
    if (acts) {
      T* const at = y + (outer * s.length + target) * inner + k;
      if constexpr (adds) {
        T sum = *at;
        for (int other = self; other < kBlock; ++other) {
          if (targets[other] == target) sum += values[other];
        }
        *at = sum;
      } else {
        *at = values[self];
      }
    }
    __syncthreads();
  }
}

// The same with a thread for each (o, k)
template <bool adds, class T>
struct ScatterLane {
  GatherShape s;
  IndexCheck check;
  const T* x;
  const int32_t* index;
  T* y;
  __device__ void operator()(int64_t lane) const {
    const int64_t inner = s.inner, outer = lane / inner, k = lane % inner;
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t source = (outer * s.count + i) * inner + k;
      const int32_t target = index[source];
      if (!check.holds(target, s.length)) continue;
      T* const at = y + (outer * s.length + target) * inner + k;
      *at = adds ? *at + x[source] : x[source];
    }
  }
};

template <bool adds, class T>
void scatterInOrder(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  const int64_t lanes = int64_t{s.outer} * s.inner;
  if (s.inner >= 32 || s.count <= 32) {
    launchEach(lanes, ScatterLane<adds, T>{s, indexCheck(), x, index, y});
  } else {
    launch(scatterKernel<adds, T>, dim3(static_cast<unsigned>(lanes)), kBlock, s, indexCheck(), x, index, y);
  }
}

}  // namespace lr::cuda
