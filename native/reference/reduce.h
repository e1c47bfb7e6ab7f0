// Reductions and what else runs along an axis by definition.
#pragma once

#include <algorithm>

#include "reference/definition.h"

namespace lr::reference {

// Calls visit(position in x, position in y) for every element of x, in order.
template <class Visit>
void forEachReduced(const ReduceShape& s, const Visit& visit) {
  int64_t size = 1;
  for (int32_t d = 0; d < s.dims; ++d) size *= s.lengths[d];
  for (int64_t i = 0; i < size; ++i) {
    int64_t at = 0, step = 1, rest = i;
    for (int32_t d = s.dims; d-- > 0; rest /= s.lengths[d]) {
      if ((d % 2 == 0) == (s.firstReduced != 0)) continue;
      at += rest % s.lengths[d] * step;
      step *= s.lengths[d];
    }
    visit(i, at);
  }
}

inline int64_t reducedSize(const ReduceShape& s) {
  int64_t size = 1;
  for (int32_t d = 0; d < s.dims; ++d) {
    if ((d % 2 == 0) != (s.firstReduced != 0)) size *= s.lengths[d];
  }
  return size;
}

// Whether b takes the place of a as the maximum or minimum
LR_NUMBERS bool isBeyond(int32_t kind, double b, double a) {
  return !std::isnan(a) && (std::isnan(b) || (kind == kReduceMax ? b > a : b < a));
}

// For every output, the values of its elements in order
template <class T>
std::vector<std::vector<double>> gathered(const ReduceShape& s, const T* x) {
  std::vector<std::vector<double>> values(reducedSize(s));
  forEachReduced(s, [&](int64_t i, int64_t at) { values[at].push_back(x[i]); });
  return values;
}

inline double meanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

inline double extremeOf(int32_t kind, const std::vector<double>& values) {
  double extreme = values[0];
  for (const double value : values) extreme = isBeyond(kind, value, extreme) ? value : extreme;
  return extreme;
}

inline std::vector<double> magnitudes(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) result.push_back(std::fabs(value));
  return result;
}

inline double normOf(double p, const std::vector<double>& values) {
  if (std::isinf(p)) return extremeOf(p > 0 ? kReduceMax : kReduceMin, magnitudes(values));
  double sum = 0;
  if (p == 0) {
    for (const double value : values) sum += value != 0;
    return sum;
  }
  const double scale = extremeOf(p > 0 ? kReduceMax : kReduceMin, magnitudes(values));
  if (scale == 0 || std::isinf(scale)) return scale;
  for (const double value : values) sum += std::pow(std::fabs(value) / scale, p);
  return scale * std::pow(sum, 1 / p);
}

LR_NUMBERS double divisorOf(double correction, double count) {
  return count - correction > 0 ? count - correction : 0;
}

inline double reduceOf(int32_t kind, double a, const std::vector<double>& values) {
  double result = 0;
  switch (kind) {
    case kReduceSum:
      for (const double value : values) result += value;
      return result;
    case kReduceMean:
      return meanOf(values);
    case kReduceProd:
      result = 1;
      for (const double value : values) result *= value;
      return result;
    case kReduceMax:
    case kReduceMin:
      return extremeOf(kind, values);
    case kReduceVariance: {
      const double mean = meanOf(values);
      for (const double value : values) result += (value - mean) * (value - mean);
      return result / divisorOf(a, static_cast<double>(values.size()));
    }
    case kReduceStd:
      return std::sqrt(reduceOf(kReduceVariance, a, values));
    case kReduceLogSumExp: {
      const double most = extremeOf(kReduceMax, values), shift = std::isinf(most) ? 0 : most;
      for (const double value : values) result += std::exp(value - shift);
      return shift + std::log(result);
    }
    case kReduceNorm:
      return normOf(a, values);
    default:
      return NAN;
  }
}

template <class T>
void reduceForward(int32_t kind, double a, const ReduceShape& s, const T* x, T* y) {
  const auto values = gathered(s, x);
  for (size_t i = 0; i < values.size(); ++i) y[i] = static_cast<T>(reduceOf(kind, a, values[i]));
}

// The derivative of the norm y with respect to one of its elements x, one of `ties` that have its magnitude
LR_NUMBERS double normSlope(double p, double x, double y, double ties) {
  const double sign = x > 0 ? 1 : x < 0 ? -1 : 0;
  if (p == 0) return 0;
  if (std::isinf(p)) return std::fabs(x) == y ? sign / ties : 0;
  if (p == 1) return sign;
  if (p == 2) return y == 0 ? 0 : x / y;
  return x == 0 || y == 0 ? 0 : sign * std::pow(std::fabs(x) / y, p - 1);
}

// What the gradient of an element needs to know of the others of its output
struct ReducedTogether {
  double count, mean, ties, zeros, nonzeroProduct;
};

LR_NUMBERS bool isTie(double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); }

// Of values that were reduced to y
inline ReducedTogether togetherOf(int32_t kind, const std::vector<double>& values, double y) {
  ReducedTogether all = {static_cast<double>(values.size()), meanOf(values), 0, 0, 1};
  for (const double value : values) {
    all.ties += isTie(kind == kReduceNorm ? std::fabs(value) : value, y);
    all.zeros += value == 0;
    if (value != 0) all.nonzeroProduct *= value;
  }
  return all;
}

// The derivative of the reduction y with respect to one of its elements x
LR_NUMBERS double reduceSlope(int32_t kind, double a, double x, double y, const ReducedTogether& all) {
  switch (kind) {
    case kReduceSum:
      return 1;
    case kReduceMean:
      return 1 / all.count;
    case kReduceProd:
      if (all.zeros == 0) return all.nonzeroProduct / x;
      return all.zeros == 1 && x == 0 ? all.nonzeroProduct : 0;
    case kReduceMax:
    case kReduceMin:
      if (std::isnan(y) && a != 0) return NAN;
      return isTie(x, y) ? 1 / all.ties : 0;
    case kReduceVariance:
      return 2 * (x - all.mean) / divisorOf(a, all.count);
    case kReduceStd:
      return y == 0 ? 0 : (x - all.mean) / (divisorOf(a, all.count) * y);
    case kReduceLogSumExp:
      return std::exp(x - y);
    case kReduceNorm:
      return normSlope(a, x, y, all.ties);
    default:
      return NAN;
  }
}

template <class T>
void reduceBackward(int32_t kind, double a, const ReduceShape& s, const T* x, const T* y, const T* dy,
                    T* dx) {
  std::vector<ReducedTogether> together;
  const auto values = gathered(s, x);
  for (size_t i = 0; i < values.size(); ++i) together.push_back(togetherOf(kind, values[i], y[i]));
  forEachReduced(s, [&](int64_t i, int64_t at) {
    dx[i] = static_cast<T>(dy[at] * reduceSlope(kind, a, x[i], y[at], together[at]));
  });
}

// Calls lane(position of its first element in x, its number) for every lane of x.
template <class Lane>
void forEachLane(const AxisShape& s, const Lane& lane) {
  for (int64_t number = 0; number < int64_t{s.outer} * s.inner; ++number) {
    lane(number / s.inner * s.length * s.inner + number % s.inner, number);
  }
}

template <class T>
void argReduce(int32_t kind, const AxisShape& s, const T* x, T* y, int32_t* index) {
  forEachLane(s, [&](int64_t first, int64_t number) {
    int32_t best = 0;
    for (int32_t i = 1; i < s.length; ++i) {
      if (isBeyond(kind, x[first + i * int64_t{s.inner}], x[first + best * int64_t{s.inner}])) best = i;
    }
    y[number] = x[first + best * int64_t{s.inner}];
    index[number] = best;
  });
}

template <class T>
void argReduceBackward(const AxisShape& s, const T* dy, const int32_t* index, T* dx) {
  for (int64_t i = 0; i < int64_t{s.outer} * s.length * s.inner; ++i) dx[i] = 0;
  forEachLane(
      s, [&](int64_t first, int64_t number) { dx[first + index[number] * int64_t{s.inner}] = dy[number]; });
}

template <class T>
void sort(const AxisShape& s, int32_t descending, const T* x, T* y, int32_t* index) {
  forEachLane(s, [&](int64_t first, int64_t) {
    const auto at = [&](int32_t i) { return x[first + i * int64_t{s.inner}]; };
    std::vector<int32_t> order(s.length);
    for (int32_t i = 0; i < s.length; ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](int32_t i, int32_t j) {
      if (descending != 0) std::swap(i, j);
      return at(i) < at(j) || (!std::isnan(at(i)) && std::isnan(at(j)));
    });
    for (int32_t i = 0; i < s.length; ++i) {
      y[first + i * int64_t{s.inner}] = at(order[i]);
      index[first + i * int64_t{s.inner}] = order[i];
    }
  });
}

template <class T>
void cumulativeSum(const AxisShape& s, int32_t reverse, const T* x, T* y) {
  forEachLane(s, [&](int64_t first, int64_t) {
    double sum = 0;
    for (int32_t i = 0; i < s.length; ++i) {
      const int64_t at = first + (reverse != 0 ? s.length - 1 - i : i) * int64_t{s.inner};
      sum += x[at];
      y[at] = static_cast<T>(sum);
    }
  });
}

}  // namespace lr::reference
