// Elements and rows by index.
#include "cuda/launch.h"
#include "cuda/scatter.h"
#include "cuda/table.h"

namespace lr::cuda {

template <class T>
struct Gather {
  GatherShape s;
  IndexCheck check;
  const T* x;
  const int32_t* index;
  T* y;
  __device__ void operator()(int64_t i) const {
    const int64_t inner = s.inner, outer = i / (s.count * inner), k = i % inner;
    if (check.holds(index[i], s.length)) y[i] = x[(outer * s.length + index[i]) * inner + k];
  }
};

template <class T>
struct GatherRows {
  RowsShape s;
  IndexCheck check;
  const T* x;
  const int32_t* index;
  T* y;
  __device__ void operator()(int64_t i) const {
    const int64_t inner = s.inner, row = i / inner, k = i % inner, outer = row / s.count;
    const int32_t from = index[row % s.count];
    if (check.holds(from, s.length)) y[i] = x[(outer * s.length + from) * inner + k];
  }
};

// A block has one row of dx. It looks at kBlock indices at a time, and adds the rows of those that are its
// own.
template <class T>
__global__ void __launch_bounds__(kBlock)
    gatherRowsBackwardKernel(RowsShape s, IndexCheck check, const T* dy, const int32_t* index, T* dx) {
  constexpr int kWarps = kBlock / 32;
  __shared__ unsigned votes[kWarps];
  const int64_t inner = s.inner, outer = blockIdx.x / s.length, row = blockIdx.x % s.length;
  T* const to = dx + int64_t{blockIdx.x} * inner;
  for (int64_t k = threadIdx.x; k < inner; k += kBlock) to[k] = 0;
  if (row == s.ignored) return;
  for (int64_t begin = 0; begin < s.count; begin += kBlock) {
    const int64_t i = begin + threadIdx.x;
    const unsigned vote =
        __ballot_sync(0xffffffffu, i < s.count && check.holds(index[i], s.length) && index[i] == row);
    if (threadIdx.x % 32 == 0) votes[threadIdx.x / 32] = vote;
    __syncthreads();
    for (int warp = 0; warp < kWarps; ++warp) {
      for (unsigned left = votes[warp]; left != 0; left &= left - 1) {
        const int64_t source = begin + warp * 32 + __ffs(static_cast<int>(left)) - 1;
        const T* const from = dy + (outer * s.count + source) * inner;
        for (int64_t k = threadIdx.x; k < inner; k += kBlock) to[k] += from[k];
      }
    }
    __syncthreads();
  }
}

template <class T>
void gather(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  launchEach(int64_t{s.outer} * s.count * s.inner, Gather<T>{s, indexCheck(), x, index, y});
}
LR_CUDA_OPERATOR(gather)

template <class T>
void scatter(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  scatterInOrder<false>(s, x, index, y);
}
LR_CUDA_OPERATOR(scatter)

template <class T>
void scatterAdd(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  scatterInOrder<true>(s, x, index, y);
}
LR_CUDA_OPERATOR(scatterAdd)

template <class T>
void gatherRows(const RowsShape& s, const T* x, const int32_t* index, T* y) {
  launchEach(int64_t{s.outer} * s.count * s.inner, GatherRows<T>{s, indexCheck(), x, index, y});
}
LR_CUDA_OPERATOR(gatherRows)

template <class T>
void gatherRowsBackward(const RowsShape& s, const T* dy, const int32_t* index, T* dx) {
  const auto rows = static_cast<unsigned>(int64_t{s.outer} * s.length);
  launch(gatherRowsBackwardKernel<T>, dim3(rows), kBlock, s, indexCheck(), dy, index, dx);
}
LR_CUDA_OPERATOR(gatherRowsBackward)

}  // namespace lr::cuda
