// Normalisation by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// Of an element of x: the set it is normalised with, and the affine parameter it has
struct NormPlace {
  int64_t set, parameter;
};

// Mean and biased variance of every set
struct SetStatistics {
  std::vector<double> mean, variance;
};

template <class T, class Place>
SetStatistics statisticsOf(int64_t size, int64_t sets, bool centered, const T* x, const Place& place) {
  SetStatistics result = {std::vector<double>(sets), std::vector<double>(sets)};
  const double count = static_cast<double>(size) / static_cast<double>(sets);
  for (int64_t i = 0; i < size && centered; ++i) result.mean[place(i).set] += x[i] / count;
  for (int64_t i = 0; i < size; ++i) {
    const double difference = x[i] - result.mean[place(i).set];
    result.variance[place(i).set] += difference * difference / count;
  }
  return result;
}

template <class T, class Place>
void normForward(int64_t size, const std::vector<double>& mean, const std::vector<double>& rstd, const T* x,
                 const T* weight, const T* bias, T* y, const Place& place) {
  for (int64_t i = 0; i < size; ++i) {
    const auto [set, p] = place(i);
    y[i] = static_cast<T>((x[i] - mean[set]) * rstd[set] * (weight != nullptr ? weight[p] : 1) +
                          (bias != nullptr ? bias[p] : 0));
  }
}

// fixed: mean and rstd do not depend on x. centered: the mean was subtracted.
template <class T, class Place>
void normBackward(int64_t size, int64_t parameters, const std::vector<double>& mean,
                  const std::vector<double>& rstd, bool centered, bool fixed, const T* x, const T* weight,
                  const T* dy, T* dx, T* dweight, T* dbias, const Place& place) {
  std::vector<double> sum(mean.size()), sumH(mean.size()), dw(parameters), db(parameters), result(size);
  const auto normal = [&](int64_t i) { return (x[i] - mean[place(i).set]) * rstd[place(i).set]; };
  const auto gradient = [&](int64_t i) {
    return dy[i] * double{weight != nullptr ? weight[place(i).parameter] : 1};
  };
  const double count = static_cast<double>(size) / static_cast<double>(mean.size());
  for (int64_t i = 0; i < size; ++i) {
    const auto [set, p] = place(i);
    dw[p] += dy[i] * normal(i);
    db[p] += dy[i];
    if (fixed) continue;
    if (centered) sum[set] += gradient(i) / count;
    sumH[set] += gradient(i) * normal(i) / count;
  }
  for (int64_t i = 0; i < size; ++i) {
    const int64_t set = place(i).set;
    result[i] = rstd[set] * (gradient(i) - sum[set] - normal(i) * sumH[set]);
  }
  if (dx != nullptr) storeTo(result, dx);
  if (dweight != nullptr) storeTo(dw, dweight);
  if (dbias != nullptr) storeTo(db, dbias);
}

inline std::vector<double> scalesOf(const std::vector<double>& variance, double eps) {
  std::vector<double> rstd;
  for (const double value : variance) rstd.push_back(1 / std::sqrt(value + eps));
  return rstd;
}

template <class T>
std::vector<double> doubles(const T* x, int64_t n) {
  return x != nullptr ? std::vector<double>(x, x + n) : std::vector<double>(n);
}

inline auto placeIn(const LayerNormShape& s) {
  return [length = int64_t{s.length}](int64_t i) { return NormPlace{i / length, i % length}; };
}
inline auto placeIn(const GroupNormShape& s) {
  return
      [s](int64_t i) { return NormPlace{i / s.inner / (s.channels / s.groups), i / s.inner % s.channels}; };
}
inline auto placeIn(const BatchNormShape& s) {
  return [s](int64_t i) { return NormPlace{i / s.inner % s.channels, i / s.inner % s.channels}; };
}

template <class T>
void layerNormForward(const LayerNormShape& s, double eps, const T* x, const T* weight, const T* bias, T* y,
                      T* mean, T* rstd) {
  const int64_t size = int64_t{s.rows} * s.length;
  const SetStatistics of = statisticsOf(size, s.rows, s.centered != 0, x, placeIn(s));
  const std::vector<double> scales = scalesOf(of.variance, eps);
  normForward(size, of.mean, scales, x, weight, bias, y, placeIn(s));
  if (s.centered != 0) storeTo(of.mean, mean);
  storeTo(scales, rstd);
}

template <class T>
void layerNormBackward(const LayerNormShape& s, double eps, const T* x, const T* weight, const T*, const T*,
                       const T* dy, T* dx, T* dweight, T* dbias) {
  const int64_t size = int64_t{s.rows} * s.length;
  const SetStatistics of = statisticsOf(size, s.rows, s.centered != 0, x, placeIn(s));
  normBackward(size, s.length, of.mean, scalesOf(of.variance, eps), s.centered != 0, false, x, weight, dy, dx,
               dweight, dbias, placeIn(s));
}

template <class T>
void groupNormForward(const GroupNormShape& s, double eps, const T* x, const T* weight, const T* bias, T* y,
                      T* mean, T* rstd) {
  const int64_t size = int64_t{s.batch} * s.channels * s.inner;
  const SetStatistics of = statisticsOf(size, int64_t{s.batch} * s.groups, true, x, placeIn(s));
  const std::vector<double> scales = scalesOf(of.variance, eps);
  normForward(size, of.mean, scales, x, weight, bias, y, placeIn(s));
  storeTo(of.mean, mean);
  storeTo(scales, rstd);
}

template <class T>
void groupNormBackward(const GroupNormShape& s, double eps, const T* x, const T* weight, const T*, const T*,
                       const T* dy, T* dx, T* dweight, T* dbias) {
  const int64_t size = int64_t{s.batch} * s.channels * s.inner;
  const SetStatistics of = statisticsOf(size, int64_t{s.batch} * s.groups, true, x, placeIn(s));
  normBackward(size, s.channels, of.mean, scalesOf(of.variance, eps), true, false, x, weight, dy, dx, dweight,
               dbias, placeIn(s));
}

template <class T>
void batchNormForward(const BatchNormShape& s, double eps, const T* x, const T* weight, const T* bias,
                      T* mean, T* variance, T* y) {
  const int64_t size = int64_t{s.batch} * s.channels * s.inner;
  SetStatistics of = {doubles(mean, s.channels), doubles(variance, s.channels)};
  if (s.training != 0) {
    of = statisticsOf(size, s.channels, true, x, placeIn(s));
    storeTo(of.mean, mean);
    storeTo(of.variance, variance);
  }
  normForward(size, of.mean, scalesOf(of.variance, eps), x, weight, bias, y, placeIn(s));
}

template <class T>
void batchNormBackward(const BatchNormShape& s, double eps, const T* x, const T* weight, const T* mean,
                       const T* variance, const T* dy, T* dx, T* dweight, T* dbias) {
  const int64_t size = int64_t{s.batch} * s.channels * s.inner;
  SetStatistics of = {doubles(mean, s.channels), doubles(variance, s.channels)};
  if (s.training != 0) of = statisticsOf(size, s.channels, true, x, placeIn(s));
  normBackward(size, s.channels, of.mean, scalesOf(of.variance, eps), true, s.training == 0, x, weight, dy,
               dx, dweight, dbias, placeIn(s));
}

template <class T>
void movingAverage(int64_t n, double share, double factor, const T* x, T* y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(share == 1 ? factor * x[i] : (1 - share) * y[i] + share * factor * x[i]);
}

}  // namespace lr::reference
