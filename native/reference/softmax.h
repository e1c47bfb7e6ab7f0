// Softmax and its logarithm by definition.
#pragma once

#include "reference/reduce.h"

namespace lr::reference {

// Calls lane(the values of a lane of x and of z, which may be null, to(i): where the i-th belongs).
template <class T, class Lane>
void forEachLaneOf(const AxisShape& s, const T* x, const T* z, const Lane& lane) {
  forEachLane(s, [&](int64_t first, int64_t) {
    std::vector<double> values, others;
    for (int32_t i = 0; i < s.length; ++i) {
      values.push_back(x[first + i * int64_t{s.inner}]);
      if (z != nullptr) others.push_back(z[first + i * int64_t{s.inner}]);
    }
    lane(values, others, [&s, first](size_t i) { return first + static_cast<int64_t>(i) * s.inner; });
  });
}

inline double logTotalOf(const std::vector<double>& values) {
  double most = -INFINITY, sum = 0;
  for (const double value : values) most = std::fmax(most, value);
  for (const double value : values) sum += std::exp(value - most);
  return most + std::log(sum);
}

template <class T>
void softmaxForward(const AxisShape& s, int32_t zeroHidden, const T* x, T* y) {
  forEachLaneOf<T>(s, x, nullptr, [&](const auto& values, const auto&, const auto& to) {
    bool hidden = zeroHidden != 0;
    for (const double value : values) hidden = hidden && value == -INFINITY;
    const double total = logTotalOf(values);
    for (size_t i = 0; i < values.size(); ++i)
      y[to(i)] = hidden ? T{0} : static_cast<T>(std::exp(values[i] - total));
  });
}

template <class T>
void softmaxBackward(const AxisShape& s, const T* y, const T* dy, T* dx) {
  forEachLaneOf<T>(s, y, dy, [&](const auto& values, const auto& gradients, const auto& to) {
    double dot = 0;
    for (size_t i = 0; i < values.size(); ++i) dot += values[i] * gradients[i];
    for (size_t i = 0; i < values.size(); ++i) dx[to(i)] = static_cast<T>(values[i] * (gradients[i] - dot));
  });
}

template <class T>
void logSoftmaxForward(const AxisShape& s, const T* x, T* y) {
  forEachLaneOf<T>(s, x, nullptr, [&](const auto& values, const auto&, const auto& to) {
    const double total = logTotalOf(values);
    for (size_t i = 0; i < values.size(); ++i) y[to(i)] = static_cast<T>(values[i] - total);
  });
}

template <class T>
void logSoftmaxBackward(const AxisShape& s, const T* y, const T* dy, T* dx) {
  forEachLaneOf<T>(s, y, dy, [&](const auto& values, const auto& gradients, const auto& to) {
    double sum = 0;
    for (const double gradient : gradients) sum += gradient;
    for (size_t i = 0; i < values.size(); ++i)
      dx[to(i)] = static_cast<T>(gradients[i] - std::exp(values[i]) * sum);
  });
}

}  // namespace lr::reference
