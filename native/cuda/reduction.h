// Reductions: what is made of the elements of each lane, in an order that depends on the shape alone.
//
// A reduction is a struct of its numbers and pointers, with
//   Sum                       what is carried; as it is made it is that of no element
//   add(sum, lane, i)         takes the i-th element of a lane
//   merge(sum, other)         takes another's elements, those of higher i or alternating ones
//   finish(lane, sum)         stores what came of a lane
// A block has `columns` adjacent lanes, each the work of kBlock / columns threads, whose sums are merged in a
// tree. Long lanes of which there are few are split among blocks, whose sums are merged in order by a second
// kernel.
#pragma once
#include "cuda/launch.h"
#include "cuda/scalar.h"

namespace lr::cuda {

template <class Sum>
__device__ Sum shuffledDown(const Sum& sum, int by) {
  constexpr int kWords = sizeof(Sum) / sizeof(uint32_t);
  static_assert(sizeof(Sum) % sizeof(uint32_t) == 0);
  uint32_t words[kWords];
  memcpy(words, &sum, sizeof sum);
  for (int i = 0; i < kWords; ++i) words[i] = __shfl_down_sync(0xffffffffu, words[i], by);
  Sum result;
  memcpy(&result, words, sizeof result);
  return result;
}

// The sums of the threads of each lane, merged, in its first thread. All threads of the block call it, of
// which those of one lane are `columns` apart.
template <class Reduction, class Sum>
__device__ void mergeLanes(const Reduction& reduction, int columns, Sum& sum) {
  __shared__ uint64_t storage[(sizeof(Sum) + 7) / 8 * kBlock];
  Sum* const sums = reinterpret_cast<Sum*>(storage);
  const int self = static_cast<int>(threadIdx.x), member = self / columns;
  int half = kBlock / columns / 2;
  if (half * columns >= 32) {
    sums[self] = sum;
    __syncthreads();
    for (; half * columns >= 32; half /= 2) {
      if (member < half) {
        reduction.merge(sum, sums[self + half * columns]);
        sums[self] = sum;
      }
      __syncthreads();
    }
  }
  if (self < 32) {
    for (; half > 0; half /= 2) {
      const Sum other = shuffledDown(sum, half * columns);
      reduction.merge(sum, other);
    }
  }
}

// The same, in all threads of each lane
template <class Reduction, class Sum>
__device__ void mergeLanesForAll(const Reduction& reduction, int columns, Sum& sum) {
  if (columns == kBlock) return;
  __shared__ uint64_t storage[(sizeof(Sum) + 7) / 8 * kBlock];
  Sum* const results = reinterpret_cast<Sum*>(storage);
  const int self = static_cast<int>(threadIdx.x);
  mergeLanes(reduction, columns, sum);
  if (self < columns) results[self] = sum;
  __syncthreads();
  sum = results[self % columns];
  __syncthreads();
}

// How many lanes a block has; adjacent: whether those beside each other are so in memory
inline int columnsFor(int64_t length, bool adjacent) {
  if (adjacent) return length < 64 ? kBlock : 32;
  return length <= 16 ? kBlock : (length <= 512 ? 8 : 1);
}

template <class Reduction>
__global__ void __launch_bounds__(kBlock)
    reduceKernel(Reduction reduction, int64_t lanes, int64_t length, int columns, int parts,
                 typename Reduction::Sum* partial) {
  const int member = static_cast<int>(threadIdx.x) / columns, members = kBlock / columns;
  const int64_t lane = int64_t{blockIdx.x} * columns + threadIdx.x % columns, part = blockIdx.y;
  const int64_t begin = length * part / parts, end = length * (part + 1) / parts;
  typename Reduction::Sum sum;
  if (lane < lanes) {
    for (int64_t i = begin + member; i < end; i += members) reduction.add(sum, lane, i);
  }
  mergeLanes(reduction, columns, sum);
  if (member != 0 || lane >= lanes) return;
  if (parts == 1) {
    reduction.finish(lane, sum);
  } else {
    partial[part * lanes + lane] = sum;
  }
}

template <class Reduction>
struct FinishReduction {
  Reduction reduction;
  int64_t lanes;
  int parts;
  const typename Reduction::Sum* partial;
  __device__ void operator()(int64_t lane) const {
    typename Reduction::Sum sum = partial[lane];
    for (int64_t part = 1; part < parts; ++part) reduction.merge(sum, partial[part * lanes + lane]);
    reduction.finish(lane, sum);
  }
};

template <class Reduction>
void launchReduction(int64_t lanes, int64_t length, bool adjacent, const Reduction& reduction) {
  constexpr int64_t kPart = 4096, kMostParts = 512, kEnoughBlocks = 256;
  const int columns = columnsFor(length, adjacent);
  const int64_t blocks = quotientUp(lanes, columns);
  int64_t parts = blocks < kEnoughBlocks ? quotientUp(length, kPart) : 1;
  parts = parts < kMostParts ? parts : kMostParts;
  const dim3 grid(static_cast<unsigned>(blocks), static_cast<unsigned>(parts));
  using Sum = typename Reduction::Sum;
  if (parts == 1) {
    launch(reduceKernel<Reduction>, grid, kBlock, reduction, lanes, length, columns, 1, nullptr);
    return;
  }
  const Scratch<Sum> partial(parts * lanes);
  if (!partial) return;
  const int count = static_cast<int>(parts);
  launch(reduceKernel<Reduction>, grid, kBlock, reduction, lanes, length, columns, count, partial.data());
  launchEach(lanes, FinishReduction<Reduction>{reduction, lanes, count, partial.data()});
}

// The sum of one number of each element: what most reductions carry
struct Total {
  double total = 0;
};
struct MergeTotals {
  using Sum = Total;
  __device__ void merge(Total& sum, const Total& other) const { sum.total += other.total; }
};

}  // namespace lr::cuda
