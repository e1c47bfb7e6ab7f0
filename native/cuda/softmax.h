// Softmax and its logarithm along an axis. x and y (outer, length, inner)
#pragma once
#include "cuda/formulas.h"
#include "cuda/reduction.h"

namespace lr::cuda {

template <class T>
struct Largest {
  struct Sum {
    T value = -static_cast<T>(__builtin_inf());
  };
  __device__ void merge(Sum& sum, const Sum& other) const {
    sum.value = other.value > sum.value ? other.value : sum.value;
  }
};

// What the threads of one lane share of it
struct LaneOf {
  int64_t first, inner;  // place of the first element, and from one to the next
  int member, members;
  bool isLane;

  __device__ LaneOf(const AxisShape& s, int columns) {
    const int64_t lane = int64_t{blockIdx.x} * columns + threadIdx.x % columns;
    isLane = lane < int64_t{s.outer} * s.inner;
    inner = s.inner;
    first = lane / inner * s.length * inner + lane % inner;
    member = static_cast<int>(threadIdx.x) / columns;
    members = kBlock / columns;
  }
  template <class Body>
  __device__ void forEach(const AxisShape& s, const Body& body) const {
    if (!isLane) return;
    for (int64_t i = member; i < s.length; i += members) body(first + i * inner);
  }
};

template <bool logs, class T>
__global__ void __launch_bounds__(kBlock)
    softmaxKernel(AxisShape s, int columns, bool zeroHidden, const T* x, T* y) {
  const LaneOf lane(s, columns);
  typename Largest<T>::Sum most;
  lane.forEach(s, [&](int64_t at) { most.value = x[at] > most.value ? x[at] : most.value; });
  mergeLanesForAll(Largest<T>{}, columns, most);
  const T shift = zeroHidden && most.value == -static_cast<T>(__builtin_inf()) ? T{} : most.value;
  Total sum;
  lane.forEach(s, [&](int64_t at) {
    const T exponential = exponentialOf(x[at] - shift);
    sum.total += exponential;
    if (!logs) y[at] = exponential;
  });
  mergeLanesForAll(MergeTotals{}, columns, sum);
  if (logs) {
    const T logTotal = static_cast<T>(log(sum.total));
    lane.forEach(s, [&](int64_t at) { y[at] = (x[at] - shift) - logTotal; });
  } else {
    const T scale = sum.total == 0 ? T{} : static_cast<T>(1 / sum.total);
    lane.forEach(s, [&](int64_t at) { y[at] *= scale; });
  }
}

template <bool logs, class T>
__global__ void __launch_bounds__(kBlock)
    softmaxBackwardKernel(AxisShape s, int columns, const T* y, const T* dy, T* dx) {
  const LaneOf lane(s, columns);
  Total sum;
  lane.forEach(s, [&](int64_t at) { sum.total += logs ? double{dy[at]} : double{y[at]} * dy[at]; });
  mergeLanesForAll(MergeTotals{}, columns, sum);
  const T total = static_cast<T>(sum.total);
  lane.forEach(s, [&](int64_t at) {
    dx[at] = logs ? dy[at] - exponentialOf(y[at]) * total : y[at] * (dy[at] - total);
  });
}

// The grid of a kernel whose blocks have `columns` lanes
inline dim3 gridOf(const AxisShape& s, int columns) {
  return dim3(static_cast<unsigned>(quotientUp(int64_t{s.outer} * s.inner, columns)));
}

template <bool logs, class T>
void launchSoftmax(const AxisShape& s, bool zeroHidden, const T* x, T* y) {
  const int columns = columnsFor(s.length, s.inner > 1);
  launch(softmaxKernel<logs, T>, gridOf(s, columns), kBlock, s, columns, zeroHidden, x, y);
}

template <bool logs, class T>
void launchSoftmaxBackward(const AxisShape& s, const T* y, const T* dy, T* dx) {
  const int columns = columnsFor(s.length, s.inner > 1);
  launch(softmaxBackwardKernel<logs, T>, gridOf(s, columns), kBlock, s, columns, y, dy, dx);
}

}  // namespace lr::cuda
