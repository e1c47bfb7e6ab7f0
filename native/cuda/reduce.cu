// Reductions over any dimensions, the places of maxima and minima, running sums.
#include "reference/reduce.h"

#include <type_traits>

#include "cuda/formulas.h"
#include "cuda/reduction.h"
#include "cuda/table.h"

namespace lr::cuda {

// Some dimensions of x: where their i-th index is
struct Axes {
  int32_t count = 0;
  int32_t lengths[kReduceDims / 2];
  int64_t strides[kReduceDims / 2];

  __device__ int64_t offset(int64_t i) const {
    int64_t at = 0;
    for (int d = count - 1; d > 0; --d) {
      const int64_t rest = quotientOf(i, lengths[d]);
      at += (i - rest * lengths[d]) * strides[d];
      i = rest;
    }
    return count > 0 ? at + i * strides[0] : 0;
  }
  int64_t size() const {
    int64_t n = 1;
    for (int d = 0; d < count; ++d) n *= lengths[d];
    return n;
  }
};

// x as lanes of `length` elements that are reduced together
struct Reduced {
  Axes kept = {}, reduced = {};
  int64_t lanes, length;
  bool adjacent;

  explicit Reduced(const ReduceShape& s) {
    int64_t strides[kReduceDims];
    int64_t stride = 1;
    for (int32_t d = s.dims; d-- > 0; stride *= s.lengths[d]) strides[d] = stride;
    for (int32_t d = 0; d < s.dims; ++d) {
      Axes& axes = (d % 2 == 0) == (s.firstReduced != 0) ? reduced : kept;
      axes.lengths[axes.count] = s.lengths[d];
      axes.strides[axes.count++] = strides[d];
    }
    lanes = kept.size();
    length = reduced.size();
    adjacent = kept.count > 0 && kept.strides[kept.count - 1] == 1;
  }
  // A lane along one axis
  explicit Reduced(const AxisShape& s)
      : lanes(int64_t{s.outer} * s.inner), length(s.length), adjacent(s.inner > 1) {
    kept = {2, {s.outer, s.inner}, {int64_t{s.length} * s.inner, 1}};
    reduced = {1, {s.length}, {s.inner}};
  }
  __device__ int64_t at(int64_t lane, int64_t i) const { return kept.offset(lane) + reduced.offset(i); }
};

template <class T>
struct SumOf : MergeTotals {
  Reduced of;
  double divisor;
  const T* x;
  T* y;
  SumOf(const Reduced& r, double d, const T* from, T* to) : of(r), divisor(d), x(from), y(to) {}
  __device__ void add(Total& sum, int64_t lane, int64_t i) const { sum.total += x[of.at(lane, i)]; }
  __device__ void finish(int64_t lane, const Total& sum) const {
    y[lane] = static_cast<T>(sum.total / divisor);
  }
};

template <class T>
struct ProductOf {
  struct Sum {
    double product = 1;
  };
  Reduced of;
  const T* x;
  T* y;
  __device__ void add(Sum& sum, int64_t lane, int64_t i) const { sum.product *= x[of.at(lane, i)]; }
  __device__ void merge(Sum& sum, const Sum& other) const { sum.product *= other.product; }
  __device__ void finish(int64_t lane, const Sum& sum) const { y[lane] = static_cast<T>(sum.product); }
};

// The maximum or minimum, of elements or of their magnitudes, and its first place in the lane
template <class T>
struct ExtremeOf {
  struct Sum {
    double value = 0;
    int64_t place = -1;
  };
  Reduced of;
  int32_t kind;
  bool ofMagnitudes;
  const T* x;
  T* y;
  int32_t* index;
  __device__ void take(Sum& sum, double value, int64_t place) const {
    const bool isFirst = sum.place < 0 || reference::isBeyond(kind, value, sum.value) ||
                         (place < sum.place && !reference::isBeyond(kind, sum.value, value));
    if (isFirst) sum = {value, place};
  }
  __device__ void add(Sum& sum, int64_t lane, int64_t i) const {
    const double value = x[of.at(lane, i)];
    take(sum, ofMagnitudes ? fabs(value) : value, i);
  }
  __device__ void merge(Sum& sum, const Sum& other) const {
    if (other.place >= 0) take(sum, other.value, other.place);
  }
  __device__ void finish(int64_t lane, const Sum& sum) const {
    y[lane] = static_cast<T>(sum.value);
    if (index != nullptr) index[lane] = static_cast<int32_t>(sum.place);
  }
};

// What a term of a sum needs of its lane is in `lanes`, of another reduction.
template <class T>
struct VarianceOf : MergeTotals {
  Reduced of;
  const double* means;
  double divisor;
  bool isStd;
  const T* x;
  T* y;
  VarianceOf(const Reduced& r, const double* m, double d, bool s, const T* from, T* to)
      : of(r), means(m), divisor(d), isStd(s), x(from), y(to) {}
  __device__ void add(Total& sum, int64_t lane, int64_t i) const {
    const double difference = x[of.at(lane, i)] - means[lane];
    sum.total += difference * difference;
  }
  __device__ void finish(int64_t lane, const Total& sum) const {
    const double variance = sum.total / divisor;
    y[lane] = static_cast<T>(isStd ? sqrt(variance) : variance);
  }
};

template <class T>
struct MeanOf : MergeTotals {
  Reduced of;
  const T* x;
  double* means;
  MeanOf(const Reduced& r, const T* from, double* to) : of(r), x(from), means(to) {}
  __device__ void add(Total& sum, int64_t lane, int64_t i) const { sum.total += x[of.at(lane, i)]; }
  __device__ void finish(int64_t lane, const Total& sum) const {
    means[lane] = sum.total / static_cast<double>(of.length);
  }
};

template <class T>
struct LogSumExpOf : MergeTotals {
  Reduced of;
  const T* most;
  const T* x;
  T* y;
  LogSumExpOf(const Reduced& r, const T* m, const T* from, T* to) : of(r), most(m), x(from), y(to) {}
  __device__ T shift(int64_t lane) const { return std::isinf(most[lane]) ? T{} : most[lane]; }
  __device__ void add(Total& sum, int64_t lane, int64_t i) const {
    sum.total += exponentialOf(x[of.at(lane, i)] - shift(lane));
  }
  __device__ void finish(int64_t lane, const Total& sum) const {
    y[lane] = static_cast<T>(shift(lane) + log(sum.total));
  }
};

// The sum of powers of magnitudes over their scale, which is 1 without one
template <class T>
struct NormOf : MergeTotals {
  Reduced of;
  double p;
  const T* scales;
  const T* x;
  T* y;
  NormOf(const Reduced& r, double order, const T* s, const T* from, T* to)
      : of(r), p(order), scales(s), x(from), y(to) {}
  __device__ void add(Total& sum, int64_t lane, int64_t i) const {
    const double value = fabs(static_cast<double>(x[of.at(lane, i)]));
    if (scales != nullptr) {
      sum.total += pow(value / scales[lane], p);
    } else {
      sum.total += p == 0 ? (value != 0 ? 1.0 : 0.0) : (p == 1 ? value : value * value);
    }
  }
  __device__ void finish(int64_t lane, const Total& sum) const {
    double norm = p == 2 ? sqrt(sum.total) : sum.total;
    if (scales != nullptr) {
      const double scale = scales[lane];
      norm = scale == 0 || std::isinf(scale) ? scale : scale * pow(sum.total, 1 / p);
    }
    y[lane] = static_cast<T>(norm);
  }
};

template <class T>
void extremes(const Reduced& of, int32_t kind, bool ofMagnitudes, const T* x, T* y,
              int32_t* index = nullptr) {
  launchReduction(of.lanes, of.length, of.adjacent, ExtremeOf<T>{of, kind, ofMagnitudes, x, y, index});
}

template <class T>
void norms(const Reduced& of, double p, const T* x, T* y) {
  const int32_t kind = p > 0 ? kReduceMax : kReduceMin;
  const auto sum = [&](const T* scales) {
    launchReduction(of.lanes, of.length, of.adjacent, NormOf<T>(of, p, scales, x, y));
  };
  if (std::isinf(p)) return extremes(of, kind, true, x, y);
  if (p == 0 || p == 1 || (p == 2 && sizeof(T) == sizeof(float))) return sum(nullptr);
  const Scratch<T> scales(of.lanes);
  if (!scales) return;
  extremes(of, kind, true, x, scales.data());
  sum(scales.data());
}

template <class T>
void reduceForward(int32_t kind, double a, const ReduceShape& s, const T* x, T* y) {
  const Reduced of(s);
  const double count = static_cast<double>(of.length);
  const auto reduce = [&](const auto& reduction) {
    launchReduction(of.lanes, of.length, of.adjacent, reduction);
  };
  switch (kind) {
    case kReduceSum:
    case kReduceMean:
      return reduce(SumOf<T>(of, kind == kReduceMean ? count : 1, x, y));
    case kReduceProd:
      return reduce(ProductOf<T>{of, x, y});
    case kReduceMax:
    case kReduceMin:
      return extremes(of, kind, false, x, y);
    case kReduceVariance:
    case kReduceStd: {
      const Scratch<double> means(of.lanes);
      if (!means) return;
      reduce(MeanOf<T>(of, x, means.data()));
      return reduce(
          VarianceOf<T>(of, means.data(), reference::divisorOf(a, count), kind == kReduceStd, x, y));
    }
    case kReduceLogSumExp: {
      const Scratch<T> most(of.lanes);
      if (!most) return;
      extremes(of, kReduceMax, false, x, most.data());
      return reduce(LogSumExpOf<T>(of, most.data(), x, y));
    }
    case kReduceNorm:
      return norms(of, a, x, y);
  }
}
LR_CUDA_OPERATOR(reduceForward)

using reference::ReducedTogether;

template <class T>
struct TogetherOf {
  struct Sum {
    double total = 0, ties = 0, zeros = 0, nonzeroProduct = 1;
  };
  Reduced of;
  int32_t kind;
  const T *x, *y;
  ReducedTogether* together;
  __device__ void add(Sum& sum, int64_t lane, int64_t i) const {
    const double value = x[of.at(lane, i)];
    sum.total += value;
    sum.ties += reference::isTie(kind == kReduceNorm ? fabs(value) : value, y[lane]);
    sum.zeros += value == 0;
    if (value != 0) sum.nonzeroProduct *= value;
  }
  __device__ void merge(Sum& sum, const Sum& other) const {
    sum.total += other.total;
    sum.ties += other.ties;
    sum.zeros += other.zeros;
    sum.nonzeroProduct *= other.nonzeroProduct;
  }
  __device__ void finish(int64_t lane, const Sum& sum) const {
    const double count = static_cast<double>(of.length);
    together[lane] = {count, sum.total / count, sum.ties, sum.zeros, sum.nonzeroProduct};
  }
};

template <class T>
struct ReduceBackward {
  ReduceShape s;
  int32_t kind;
  double a, count;
  const ReducedTogether* together;
  const T *x, *y, *dy;
  T* dx;
  __device__ void operator()(int64_t i) const {
    int64_t lane = 0, step = 1, rest = i;
    for (int32_t d = s.dims; d-- > 0;) {
      const int64_t quotient = quotientOf(rest, s.lengths[d]);
      if ((d % 2 == 0) != (s.firstReduced != 0)) {
        lane += (rest - quotient * s.lengths[d]) * step;
        step *= s.lengths[d];
      }
      rest = quotient;
    }
    if (kind == kReduceSum) {
      dx[i] = dy[lane];
    } else if (kind == kReduceLogSumExp) {
      dx[i] = dy[lane] * exponentialOf(x[i] - y[lane]);
    } else {
      const ReducedTogether all = together != nullptr ? together[lane] : ReducedTogether{count, 0, 1, 0, 1};
      dx[i] = static_cast<T>(dy[lane] * reference::reduceSlope(kind, a, x[i], y[lane], all));
    }
  }
};

template <class T>
void reduceBackward(int32_t kind, double a, const ReduceShape& s, const T* x, const T* y, const T* dy,
                    T* dx) {
  const Reduced of(s);
  const auto gradient = [&](const ReducedTogether* together) {
    launchEach(of.lanes * of.length,
               ReduceBackward<T>{s, kind, a, static_cast<double>(of.length), together, x, y, dy, dx});
  };
  const bool isAlone = kind == kReduceSum || kind == kReduceMean || kind == kReduceLogSumExp ||
                       (kind == kReduceNorm && !std::isinf(a));
  if (isAlone) return gradient(nullptr);
  const Scratch<ReducedTogether> together(of.lanes);
  if (!together) return;
  launchReduction(of.lanes, of.length, of.adjacent, TogetherOf<T>{of, kind, x, y, together.data()});
  gradient(together.data());
}
LR_CUDA_OPERATOR(reduceBackward)

template <class T>
void argReduce(int32_t kind, const AxisShape& s, const T* x, T* y, int32_t* index) {
  extremes(Reduced(s), kind, false, x, y, index);
}
LR_CUDA_OPERATOR(argReduce)

template <class T>
struct ArgReduceBackward {
  AxisShape s;
  IndexCheck check;
  const T* dy;
  const int32_t* index;
  T* dx;
  __device__ void operator()(int64_t lane) const {
    if (check.holds(index[lane], s.length))
      dx[(lane / s.inner * s.length + index[lane]) * s.inner + lane % s.inner] = dy[lane];
  }
};

template <class T>
void argReduceBackward(const AxisShape& s, const T* dy, const int32_t* index, T* dx) {
  const int64_t lanes = int64_t{s.outer} * s.inner;
  fillZero(dx, lanes * s.length * static_cast<int64_t>(sizeof(T)));
  launchEach(lanes, ArgReduceBackward<T>{s, indexCheck(), dy, index, dx});
}
LR_CUDA_OPERATOR(argReduceBackward)

// Where the i-th element of a lane is that sums run along
struct RunningLane {
  AxisShape s;
  bool reverse;
  __device__ int64_t at(int64_t lane, int64_t i) const {
    return (lane / s.inner * s.length + (reverse ? s.length - 1 - i : i)) * s.inner + lane % s.inner;
  }
};

template <class T>
struct CumulativeLane {
  RunningLane of;
  const T* x;
  T* y;
  __device__ void operator()(int64_t lane) const {
    double sum = 0;
    for (int64_t i = 0; i < of.s.length; ++i) {
      sum += x[of.at(lane, i)];
      y[of.at(lane, i)] = static_cast<T>(sum);
    }
  }
};

// A block has one lane, of which each thread takes a part: first its sum, then from the sum of those before
// it on.
template <class T>
__global__ void __launch_bounds__(kBlock) cumulativeKernel(RunningLane of, const T* x, T* y) {
  __shared__ double sums[kBlock];
  const int64_t lane = blockIdx.x, part = (of.s.length + kBlock - 1) / kBlock, begin = threadIdx.x * part;
  const int64_t end = begin + part < of.s.length ? begin + part : of.s.length;
  double sum = 0;
  for (int64_t i = begin; i < end; ++i) sum += x[of.at(lane, i)];
  sums[threadIdx.x] = sum;
  __syncthreads();
  sum = 0;
  for (unsigned before = 0; before < threadIdx.x; ++before) sum += sums[before];
  for (int64_t i = begin; i < end; ++i) {
    sum += x[of.at(lane, i)];
    y[of.at(lane, i)] = static_cast<T>(sum);
  }
}

template <class T>
void cumulativeSum(const AxisShape& s, int32_t reverse, const T* x, T* y) {
  const int64_t lanes = int64_t{s.outer} * s.inner;
  const RunningLane of = {s, reverse != 0};
  if (s.inner >= 32 || s.length <= 64) return launchEach(lanes, CumulativeLane<T>{of, x, y});
  launch(cumulativeKernel<T>, dim3(static_cast<unsigned>(lanes)), kBlock, of, x, y);
}
LR_CUDA_OPERATOR(cumulativeSum)

}  // namespace lr::cuda
