// Losses by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// For every target that is not ignored, calls visit(position in target, class, position in logits, the
// probability that the smoothed one-hot target gives the class times the class's weight).
template <class T, class Visit>
void forEachClass(const CrossEntropyShape& s, double labelSmoothing, const int32_t* target, const T* weight,
                  const Visit& visit) {
  for (int64_t at = 0; at < int64_t{s.batch} * s.inner; ++at) {
    if (target[at] == s.ignoreIndex) continue;
    for (int32_t c = 0; c < s.classes; ++c) {
      const double probability = labelSmoothing / s.classes + (c == target[at] ? 1 - labelSmoothing : 0);
      visit(at, c, (at / s.inner * s.classes + c) * s.inner + at % s.inner,
            probability * (weight != nullptr ? weight[c] : 1));
    }
  }
}

template <class T>
double meanDivisor(const CrossEntropyShape& s, const int32_t* target, const T* weight) {
  double sum = 0;
  for (int64_t at = 0; at < int64_t{s.batch} * s.inner; ++at) {
    if (target[at] != s.ignoreIndex) sum += weight != nullptr ? weight[target[at]] : 1;
  }
  return sum;
}

template <class T>
void crossEntropyForward(const CrossEntropyShape& s, double labelSmoothing, const T* logits,
                         const int32_t* target, const T* weight, T* logProbs, T* loss) {
  const int64_t targets = int64_t{s.batch} * s.inner;
  std::vector<double> logProb(targets * s.classes), losses(targets);
  for (int64_t at = 0; at < targets; ++at) {
    const int64_t first = at / s.inner * s.classes * s.inner + at % s.inner;
    double most = -INFINITY, sum = 0;
    for (int32_t c = 0; c < s.classes; ++c) most = std::fmax(most, logits[first + c * int64_t{s.inner}]);
    for (int32_t c = 0; c < s.classes; ++c) sum += std::exp(logits[first + c * int64_t{s.inner}] - most);
    for (int32_t c = 0; c < s.classes; ++c) {
      const int64_t i = first + c * int64_t{s.inner};
      logProb[i] = logits[i] - most - std::log(sum);
    }
  }
  storeTo(logProb, logProbs);
  forEachClass(s, labelSmoothing, target, weight,
               [&](int64_t at, int32_t, int64_t i, double q) { losses[at] -= q * logProb[i]; });
  if (s.reduction == kReductionNone) return storeTo(losses, loss);
  double total = 0;
  for (const double value : losses) total += value;
  if (s.reduction == kReductionMean) total /= meanDivisor(s, target, weight);
  *loss = static_cast<T>(total);
}

template <class T>
void crossEntropyBackward(const CrossEntropyShape& s, double labelSmoothing, const T* logProbs,
                          const int32_t* target, const T* weight, const T* dloss, T* dlogits) {
  std::vector<double> totals(int64_t{s.batch} * s.inner), result(totals.size() * s.classes);
  const double divisor = s.reduction == kReductionMean ? meanDivisor(s, target, weight) : 1;
  const auto scale = [&](int64_t at) { return dloss[s.reduction == kReductionNone ? at : 0] / divisor; };
  forEachClass(s, labelSmoothing, target, weight,
               [&](int64_t at, int32_t, int64_t, double q) { totals[at] += q; });
  forEachClass(s, labelSmoothing, target, weight, [&](int64_t at, int32_t, int64_t i, double q) {
    result[i] = scale(at) * (std::exp(double{logProbs[i]}) * totals[at] - q);
  });
  storeTo(result, dlogits);
}

template <class T>
void mseForward(int64_t n, int32_t reduction, const T* x, const T* target, T* loss) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double square = (double{x[i]} - target[i]) * (double{x[i]} - target[i]);
    if (reduction == kReductionNone) loss[i] = static_cast<T>(square);
    sum += square;
  }
  if (reduction != kReductionNone) *loss = static_cast<T>(reduction == kReductionMean ? sum / n : sum);
}

template <class T>
void mseBackward(int64_t n, int32_t reduction, const T* x, const T* target, const T* dloss, T* dx) {
  for (int64_t i = 0; i < n; ++i) {
    const double gradient = reduction == kReductionNone ? dloss[i] : *dloss;
    dx[i] = static_cast<T>(2 * (double{x[i]} - target[i]) * gradient / (reduction == kReductionMean ? n : 1));
  }
}

}  // namespace lr::reference
