// Launching kernels, on the stream of the selected device: the only file with CUDA's <<<>>>.
#pragma once
#include "cuda/context.h"

namespace lr::cuda {

constexpr int kBlock = 256;  // threads, unless a kernel says otherwise

template <class T>
struct SameType {
  using Type = T;
};

// independent: the threads of the kernel neither wait for each other nor share memory of their block.
template <bool independent = false, class... Parameters>
void launch(void (*kernel)(Parameters...), dim3 grid, int block,
            typename SameType<Parameters>::Type... arguments) {
#if LR_EMU
  emu::launch<Parameters...>(stream(), independent, kernel, grid, dim3(static_cast<unsigned>(block)),
                             arguments...);
#else
  // clang-format off
  kernel<<<grid, block, 0, stream()>>>(arguments...);
  // clang-format on
  check(cudaGetLastError(), "launch");
#endif
}

inline int64_t quotientUp(int64_t a, int64_t b) { return (a + b - 1) / b; }

// a / b of places and lengths, which have 32 bits: no array of a device has more elements. A quotient of 64
// bits is a call, for which registers are spilled.
__device__ inline int64_t quotientOf(int64_t a, int64_t b) {
  return static_cast<uint32_t>(a) / static_cast<uint32_t>(b);
}

// body(i) for every i in [0, n)
template <class Body>
__global__ void __launch_bounds__(kBlock) eachKernel(int64_t n, Body body) {
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += step) body(i);
}

template <class Body>
void launchEach(int64_t n, const Body& body) {
  constexpr int64_t kMostBlocks = 1 << 20;
  const int64_t blocks = quotientUp(n, kBlock);
  if (n > 0)
    launch<true>(eachKernel<Body>, dim3(static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks)),
                 kBlock, n, body);
}

// Whether `index` is in [0, below). Where it is not, the kernel goes without it, and the host is told.
struct IndexCheck {
  int* flag;
  __device__ bool holds(int64_t index, int64_t below) const {
    if (index >= 0 && index < below) return true;
    atomicOr(flag, 1);
    return false;
  }
};
inline IndexCheck indexCheck() { return {badIndexFlag()}; }

}  // namespace lr::cuda
