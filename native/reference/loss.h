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
void nllForward(const CrossEntropyShape& s, const T* logProbs, const int32_t* target, const T* weight,
                T* loss) {
  std::vector<double> losses(int64_t{s.batch} * s.inner);
  forEachClass(s, 0, target, weight, [&](int64_t at, int32_t, int64_t i, double q) {
    if (q != 0) losses[at] -= q * logProbs[i];
  });
  if (s.reduction == kReductionNone) return storeTo(losses, loss);
  double total = 0;
  for (const double value : losses) total += value;
  if (s.reduction == kReductionMean) total /= meanDivisor(s, target, weight);
  *loss = static_cast<T>(total);
}

template <class T>
void nllBackward(const CrossEntropyShape& s, const int32_t* target, const T* weight, const T* dloss,
                 T* dlogProbs) {
  std::vector<double> result(int64_t{s.batch} * s.classes * s.inner);
  const double divisor = s.reduction == kReductionMean ? meanDivisor(s, target, weight) : 1;
  forEachClass(s, 0, target, weight, [&](int64_t at, int32_t, int64_t i, double q) {
    if (q != 0) result[i] = -q * dloss[s.reduction == kReductionNone ? at : 0] / divisor;
  });
  storeTo(result, dlogProbs);
}

// A loss of one element and its derivatives
struct LossTerm {
  double value, dx = 0, dtarget = 0, dthird = 0;
};

// log(1 + exp(x))
LR_NUMBERS double softplusOf(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

// a and b are rounded to the type of the elements
LR_NUMBERS LossTerm lossOf(int32_t kind, double a, double b, double x, double t, double w) {
  const double d = x - t, size = std::fabs(d), sign = d > 0 ? 1 : d < 0 ? -1 : 0;
  const double below = 1 / (1 + std::exp(x));  // sigmoid(-x)
  const bool full = a != 0 && t > 1;
  const double stirling = full ? t * std::log(t) - t + 0.5 * std::log(2 * M_PI * t) : 0;
  const double dstirling = full ? std::log(t) + 0.5 / t : 0;
  switch (kind) {
    case kLossMse:
      return {d * d, 2 * d, -2 * d};
    case kLossL1:
      return {size, sign, -sign};
    case kLossSmoothL1: {
      const double slope = size < a ? d / a : sign;
      return {size < a ? 0.5 * d * d / a : size - 0.5 * a, slope, -slope};
    }
    case kLossHuber: {
      const double slope = size <= a ? d : a * sign;
      return {size <= a ? 0.5 * d * d : a * (size - 0.5 * a), slope, -slope};
    }
    case kLossBce: {
      const double left = std::fmax(std::log1p(-x), -100), right = std::fmax(std::log(x), -100);
      return {(t - 1) * left - t * right, d / std::fmax((1 - x) * x, 1e-12), std::log1p(-x) - std::log(x)};
    }
    case kLossBceWithLogits:
      return {(1 - t) * x + softplusOf(-x), 1 - below - t, -x};
    case kLossBceWithLogitsWeighted: {
      const double tail = softplusOf(-x), scale = (w - 1) * t + 1;
      return {(1 - t) * x + scale * tail, 1 - t - scale * below, (w - 1) * tail - x, t * tail};
    }
    case kLossKlDiv:
      return {(t == 0 ? 0 : t * std::log(t)) - t * x, -t, std::log(t) + 1 - x};
    case kLossKlDivLogTarget:
      return {std::exp(t) * (t - x), -std::exp(t), std::exp(t) * (t - x + 1)};
    case kLossPoissonNll:
      return {std::exp(x) - t * x + stirling, std::exp(x) - t, -x + dstirling};
    case kLossPoissonNllRate:
      return {x - t * std::log(x + b) + stirling, 1 - t / (x + b), -std::log(x + b) + dstirling};
    case kLossGaussianNll: {
      const double v = std::fmax(w, b);
      return {0.5 * (std::log(v) + d * d / v) + (a != 0 ? 0.5 * std::log(2 * M_PI) : 0), d / v, -d / v,
              0.5 * (1 / v - d * d / v / v)};
    }
    case kLossHingeEmbedding: {
      const double room = a - x;
      return {(t != 1 && room > 0 ? room : 0) + (t != -1 ? x : 0),
              (t != 1 && room >= 0 ? -1.0 : 0.0) + (t != -1 ? 1 : 0)};
    }
    case kLossSoftMargin: {
      const double slope = -1 / (1 + std::exp(t * x));
      return {softplusOf(-t * x), t * slope, x * slope};
    }
    case kLossMarginRanking: {
      const double room = a - w * d;
      return room < 0 ? LossTerm{0} : LossTerm{room, -w, w, -d};
    }
    default:
      return {NAN};
  }
}

template <class T>
void pointwiseLossForward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                          const T* target, const T* third, T* loss) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double value =
        lossOf(kind, static_cast<T>(a), static_cast<T>(b), x[i], target[i], third != nullptr ? third[i] : T{})
            .value;
    if (reduction == kReductionNone) loss[i] = static_cast<T>(value);
    sum += value;
  }
  if (reduction != kReductionNone) *loss = static_cast<T>(reduction == kReductionMean ? sum / n : sum);
}

template <class T>
void pointwiseLossBackward(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                           const T* target, const T* third, const T* dloss, T* dx, T* dtarget, T* dthird) {
  for (int64_t i = 0; i < n; ++i) {
    const LossTerm term = lossOf(kind, static_cast<T>(a), static_cast<T>(b), x[i], target[i],
                                 third != nullptr ? third[i] : T{});
    const double gradient =
        reduction == kReductionNone ? dloss[i] : *dloss / (reduction == kReductionMean ? double{1} * n : 1);
    if (dx != nullptr) dx[i] = static_cast<T>(term.dx * gradient);
    if (dtarget != nullptr) dtarget[i] = static_cast<T>(term.dtarget * gradient);
    if (dthird != nullptr) dthird[i] = static_cast<T>(term.dthird * gradient);
  }
}

}  // namespace lr::reference
