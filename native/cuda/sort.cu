// Sorting along an axis: bitonic, by keys whose order as integers is that of the elements. Short lanes are
// sorted in the shared memory of a block, long ones by a kernel for each step.
#include "cuda/launch.h"
#include "cuda/scalar.h"
#include "cuda/table.h"

namespace lr::cuda {

// No two keys of a lane are equal, so that any order of them is stable.
struct SortKey {
  uint64_t key;
  int32_t position, unused;
  __device__ bool operator<(const SortKey& other) const {
    return key != other.key ? key < other.key : position < other.position;
  }
};

__device__ inline uint64_t orderedBits(float x) {
  const uint32_t bits = unsignedOf(bitsOf(x == 0 ? 0.0f : x));
  return x != x ? 0xffffffffu : ((bits >> 31) != 0 ? ~bits : bits | 0x80000000u);
}
__device__ inline uint64_t orderedBits(double x) {
  const uint64_t bits = unsignedOf(bitsOf(x == 0 ? 0.0 : x)), sign = uint64_t{1} << 63;
  return x != x ? ~uint64_t{0} : ((bits & sign) != 0 ? ~bits : bits | sign);
}

template <class T>
struct SortLanes {
  AxisShape s;
  bool descending;
  const T* x;
  T* y;
  int32_t* index;
  __device__ int64_t at(int64_t lane, int64_t i) const {
    return (lane / s.inner * s.length + i) * s.inner + lane % s.inner;
  }
  // Of the i-th element, or beyond the last one what is behind all
  __device__ SortKey keyOf(int64_t lane, int64_t i) const {
    if (i >= s.length) return {~uint64_t{0}, INT32_MAX, 0};
    const uint64_t key = orderedBits(x[at(lane, i)]);
    return {descending ? ~key : key, static_cast<int32_t>(i), 0};
  }
  __device__ void put(int64_t lane, int64_t i, const SortKey& key) const {
    if (i >= s.length) return;
    y[at(lane, i)] = x[at(lane, key.position)];
    index[at(lane, i)] = key.position;
  }
};

// Puts the pair of a step of the bitonic network in order: runs of `size` are merged, `distance` apart.
__device__ inline void orderPair(SortKey* keys, int64_t pair, int64_t size, int64_t distance) {
  const int64_t low = pair / distance * distance * 2 + pair % distance, high = low + distance;
  const bool ascends = (low & size) == 0;
  const SortKey first = keys[low], second = keys[high];
  if ((second < first) == ascends) {
    keys[low] = second;
    keys[high] = first;
  }
}

constexpr int64_t kBlockKeys = 2 * kBlock;

template <class T>
__global__ void __launch_bounds__(kBlock) sortBlockKernel(SortLanes<T> of, int64_t padded) {
  __shared__ SortKey keys[kBlockKeys];
  const int64_t lane = blockIdx.x, self = threadIdx.x;
  for (int64_t i = self; i < padded; i += kBlock) keys[i] = of.keyOf(lane, i);
  __syncthreads();
  for (int64_t size = 2; size <= padded; size *= 2) {
    for (int64_t distance = size / 2; distance > 0; distance /= 2) {
      if (self < padded / 2) orderPair(keys, self, size, distance);
      __syncthreads();
    }
  }
  for (int64_t i = self; i < padded; i += kBlock) of.put(lane, i, keys[i]);
}

template <class T>
struct MakeKeys {
  SortLanes<T> of;
  int64_t padded;
  SortKey* keys;
  __device__ void operator()(int64_t i) const { keys[i] = of.keyOf(i / padded, i % padded); }
};
struct OrderPairs {
  SortKey* keys;
  int64_t padded, size, distance;
  __device__ void operator()(int64_t i) const {
    orderPair(keys + i / (padded / 2) * padded, i % (padded / 2), size, distance);
  }
};
template <class T>
struct PutSorted {
  SortLanes<T> of;
  int64_t padded;
  const SortKey* keys;
  __device__ void operator()(int64_t i) const { of.put(i / padded, i % padded, keys[i]); }
};

template <class T>
void sort(const AxisShape& s, int32_t descending, const T* x, T* y, int32_t* index) {
  const SortLanes<T> of = {s, descending != 0, x, y, index};
  const int64_t lanes = int64_t{s.outer} * s.inner;
  int64_t padded = 1;
  while (padded < s.length) padded *= 2;
  if (padded <= kBlockKeys)
    return launch(sortBlockKernel<T>, dim3(static_cast<unsigned>(lanes)), kBlock, of, padded);
  const Scratch<SortKey> keys(lanes * padded);
  if (!keys) return;
  launchEach(lanes * padded, MakeKeys<T>{of, padded, keys.data()});
  for (int64_t size = 2; size <= padded; size *= 2) {
    for (int64_t distance = size / 2; distance > 0; distance /= 2)
      launchEach(lanes * padded / 2, OrderPairs{keys.data(), padded, size, distance});
  }
  launchEach(lanes * padded, PutSorted<T>{of, padded, keys.data()});
}
LR_CUDA_OPERATOR(sort)

}  // namespace lr::cuda
