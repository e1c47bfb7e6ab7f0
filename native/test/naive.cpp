// The reference table: every operator as its definition reads, in double, without threads or vectors;
// optimizer steps, which are in float, in naive_optim.cpp.
#include <cmath>
#include <vector>

#include "test/naive_optim.h"
#include "test/tables.h"

namespace lr::test {
namespace {

void gemm(const GemmShape& s, const float* a, const float* b, float* c) {
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double sum = s.accumulate ? c[i * s.ldc + j] : 0;
      for (int64_t p = 0; p < s.k; ++p) {
        sum += double{s.transposeA ? a[p * s.lda + i] : a[i * s.lda + p]} *
               (s.transposeB ? b[j * s.ldb + p] : b[p * s.ldb + j]);
      }
      c[i * s.ldc + j] = static_cast<float>(sum);
    }
  }
}

// Calls visit(output index, input index, weight index) for every product in a convolution.
template <class Visit>
void forEachProduct(const Conv2dShape& s, const Visit& visit) {
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t k = 0; k < s.outChannels; ++k) {
      for (int32_t oy = 0; oy < s.outHeight; ++oy) {
        for (int32_t ox = 0; ox < s.outWidth; ++ox) {
          const int64_t out = ((n * s.outChannels + k) * s.outHeight + oy) * s.outWidth + ox;
          for (int32_t c = 0; c < inGroup; ++c) {
            const int64_t channel = n * s.inChannels + k / outGroup * inGroup + c;
            for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
              const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
              if (iy < 0 || iy >= s.inHeight) continue;
              for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
                const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
                if (ix < 0 || ix >= s.inWidth) continue;
                visit(out, (channel * s.inHeight + iy) * s.inWidth + ix,
                      ((k * inGroup + c) * s.kernelHeight + ky) * s.kernelWidth + kx);
              }
            }
          }
        }
      }
    }
  }
}

void toFloat(const std::vector<double>& from, float* to) {
  for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<float>(from[i]);
}

void conv2dForward(const Conv2dShape& s, const float* x, const float* w, const float* bias, float* y) {
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> sums(s.batch * s.outChannels * plane);
  if (bias != nullptr) {
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = bias[i / plane % s.outChannels];
  }
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[o] += double{x[i]} * w[k]; });
  toFloat(sums, y);
}

void conv2dBackwardInput(const Conv2dShape& s, const float* dy, const float* w, float* dx) {
  std::vector<double> sums(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth);
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[i] += double{dy[o]} * w[k]; });
  toFloat(sums, dx);
}

void conv2dBackwardWeight(const Conv2dShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  std::vector<double> sums(int64_t{s.outChannels} * (s.inChannels / s.groups) * s.kernelHeight *
                           s.kernelWidth);
  forEachProduct(s, [&](int64_t o, int64_t i, int64_t k) { sums[k] += double{dy[o]} * x[i]; });
  toFloat(sums, dw);
  if (dbias == nullptr) return;
  const int64_t plane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> biasSums(s.outChannels);
  for (int64_t i = 0; i < s.batch * s.outChannels * plane; ++i) biasSums[i / plane % s.outChannels] += dy[i];
  toFloat(biasSums, dbias);
}

void linearForward(const LinearShape& s, const float* x, const float* w, const float* bias, float* y) {
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t o = 0; o < s.outFeatures; ++o) {
      double sum = bias != nullptr ? bias[o] : 0;
      for (int64_t i = 0; i < s.inFeatures; ++i)
        sum += double{x[row * s.inFeatures + i]} * w[o * s.inFeatures + i];
      y[row * s.outFeatures + o] = static_cast<float>(sum);
    }
  }
}

void linearBackwardInput(const LinearShape& s, const float* dy, const float* w, float* dx) {
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t i = 0; i < s.inFeatures; ++i) {
      double sum = 0;
      for (int64_t o = 0; o < s.outFeatures; ++o)
        sum += double{dy[row * s.outFeatures + o]} * w[o * s.inFeatures + i];
      dx[row * s.inFeatures + i] = static_cast<float>(sum);
    }
  }
}

void linearBackwardWeight(const LinearShape& s, const float* x, const float* dy, float* dw, float* dbias) {
  for (int64_t o = 0; o < s.outFeatures; ++o) {
    for (int64_t i = 0; i < s.inFeatures; ++i) {
      double sum = 0;
      for (int64_t row = 0; row < s.rows; ++row)
        sum += double{dy[row * s.outFeatures + o]} * x[row * s.inFeatures + i];
      dw[o * s.inFeatures + i] = static_cast<float>(sum);
    }
    if (dbias == nullptr) continue;
    double sum = 0;
    for (int64_t row = 0; row < s.rows; ++row) sum += dy[row * s.outFeatures + o];
    dbias[o] = static_cast<float>(sum);
  }
}

void reluForward(int64_t n, const float* x, float* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = x[i] <= 0 ? 0 : x[i];
}

void reluBackward(int64_t n, const float* y, const float* dy, float* dx) {
  for (int64_t i = 0; i < n; ++i) dx[i] = y[i] <= 0 ? 0 : dy[i];
}

double unaryOf(int32_t kind, double parameter, double x) {
  switch (kind) {
    case kUnaryExp:
      return std::exp(x);
    case kUnaryLog:
      return std::log(x);
    case kUnarySqrt:
      return std::sqrt(x);
    case kUnaryAbs:
      return std::fabs(x);
    case kUnarySigmoid:
      return 1 / (1 + std::exp(-x));
    case kUnaryTanh:
      return std::tanh(x);
    case kUnaryGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case kUnaryGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case kUnarySilu:
      return x / (1 + std::exp(-x));
    case kUnarySoftplus:
      return x > 20 ? x : std::log1p(std::exp(x));
    case kUnaryLeakyRelu:
      return x > 0 ? x : x * static_cast<float>(parameter);
    default:
      return NAN;
  }
}

// The derivative at x, where the function is y
double unarySlope(int32_t kind, double parameter, double x, double y) {
  const double s = 1 / (1 + std::exp(-x));
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  switch (kind) {
    case kUnaryExp:
      return y;
    case kUnaryLog:
      return 1 / x;
    case kUnarySqrt:
      return 0.5 / y;
    case kUnaryAbs:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case kUnarySigmoid:
      return (1 - y) * y;
    case kUnaryTanh:
      return 1 - y * y;
    case kUnaryGelu:
      return 0.5 * std::erfc(-x / std::sqrt(2.0)) + x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    case kUnaryGeluTanh:
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
    case kUnarySilu:
      return s * (1 + x * (1 - s));
    case kUnarySoftplus:
      return x > 20 ? 1 : s;
    case kUnaryLeakyRelu:
      return x > 0 ? 1 : static_cast<float>(parameter);
    default:
      return NAN;
  }
}

void unaryForward(int32_t kind, double parameter, int64_t n, const float* x, float* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(unaryOf(kind, parameter, x[i]));
}

void unaryBackward(int32_t kind, double parameter, int64_t n, const float* x, const float* y, const float* dy,
                   float* dx) {
  for (int64_t i = 0; i < n; ++i) dx[i] = static_cast<float>(dy[i] * unarySlope(kind, parameter, x[i], y[i]));
}

void maxPool2dForward(const Pool2dShape& s, const float* x, float* y, int32_t* index) {
  for (int64_t out = 0; out < int64_t{s.planes} * s.outHeight * s.outWidth; ++out) {
    const int64_t plane = out / s.outWidth / s.outHeight;
    const int32_t oy = static_cast<int32_t>(out / s.outWidth % s.outHeight);
    const int32_t ox = static_cast<int32_t>(out % s.outWidth);
    int32_t best = -1;
    for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
      for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
        const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
        const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
        if (iy < 0 || iy >= s.inHeight || ix < 0 || ix >= s.inWidth) continue;
        const float* image = x + plane * s.inHeight * s.inWidth;
        const int32_t at = iy * s.inWidth + ix;
        if (best < 0 || image[at] > image[best] || std::isnan(image[at])) best = at;
      }
    }
    index[out] = best;
    y[out] = x[plane * s.inHeight * s.inWidth + best];
  }
}

void maxPool2dBackward(const Pool2dShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  std::vector<double> sums(s.planes * inPlane);
  for (int64_t out = 0; out < s.planes * outPlane; ++out)
    sums[out / outPlane * inPlane + index[out]] += dy[out];
  toFloat(sums, dx);
}

// For every target that is not ignored, calls visit(position in target, class, position in logits, the
// probability that the smoothed one-hot target gives the class times the class's weight).
template <class Visit>
void forEachClass(const CrossEntropyShape& s, double labelSmoothing, const int32_t* target,
                  const float* weight, const Visit& visit) {
  for (int64_t at = 0; at < int64_t{s.batch} * s.inner; ++at) {
    if (target[at] == s.ignoreIndex) continue;
    for (int32_t c = 0; c < s.classes; ++c) {
      const double probability = labelSmoothing / s.classes + (c == target[at] ? 1 - labelSmoothing : 0);
      visit(at, c, (at / s.inner * s.classes + c) * s.inner + at % s.inner,
            probability * (weight != nullptr ? weight[c] : 1));
    }
  }
}

double meanDivisor(const CrossEntropyShape& s, const int32_t* target, const float* weight) {
  double sum = 0;
  for (int64_t at = 0; at < int64_t{s.batch} * s.inner; ++at) {
    if (target[at] != s.ignoreIndex) sum += weight != nullptr ? weight[target[at]] : 1;
  }
  return sum;
}

void crossEntropyForward(const CrossEntropyShape& s, double labelSmoothing, const float* logits,
                         const int32_t* target, const float* weight, float* logProbs, float* loss) {
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
  toFloat(logProb, logProbs);
  forEachClass(s, labelSmoothing, target, weight,
               [&](int64_t at, int32_t, int64_t i, double q) { losses[at] -= q * logProb[i]; });
  if (s.reduction == kReductionNone) return toFloat(losses, loss);
  double total = 0;
  for (const double value : losses) total += value;
  if (s.reduction == kReductionMean) total /= meanDivisor(s, target, weight);
  *loss = static_cast<float>(total);
}

void crossEntropyBackward(const CrossEntropyShape& s, double labelSmoothing, const float* logProbs,
                          const int32_t* target, const float* weight, const float* dloss, float* dlogits) {
  std::vector<double> totals(int64_t{s.batch} * s.inner), result(totals.size() * s.classes);
  const double divisor = s.reduction == kReductionMean ? meanDivisor(s, target, weight) : 1;
  const auto scale = [&](int64_t at) { return dloss[s.reduction == kReductionNone ? at : 0] / divisor; };
  forEachClass(s, labelSmoothing, target, weight,
               [&](int64_t at, int32_t, int64_t, double q) { totals[at] += q; });
  forEachClass(s, labelSmoothing, target, weight, [&](int64_t at, int32_t, int64_t i, double q) {
    result[i] = scale(at) * (std::exp(double{logProbs[i]}) * totals[at] - q);
  });
  toFloat(result, dlogits);
}

void mseForward(int64_t n, int32_t reduction, const float* x, const float* target, float* loss) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double square = (double{x[i]} - target[i]) * (double{x[i]} - target[i]);
    if (reduction == kReductionNone) loss[i] = static_cast<float>(square);
    sum += square;
  }
  if (reduction != kReductionNone) *loss = static_cast<float>(reduction == kReductionMean ? sum / n : sum);
}

void mseBackward(int64_t n, int32_t reduction, const float* x, const float* target, const float* dloss,
                 float* dx) {
  for (int64_t i = 0; i < n; ++i) {
    const double gradient = reduction == kReductionNone ? dloss[i] : *dloss;
    dx[i] =
        static_cast<float>(2 * (double{x[i]} - target[i]) * gradient / (reduction == kReductionMean ? n : 1));
  }
}

void accumulate(int64_t n, const float* x, float* y) {
  for (int64_t i = 0; i < n; ++i) y[i] += x[i];
}

}  // namespace

#define LR_ROW(name, ...) name##Step,
const Kernels kNaive = {
    .name = "naive",
    .gemm = gemm,
    .conv2dForward = conv2dForward,
    .conv2dBackwardInput = conv2dBackwardInput,
    .conv2dBackwardWeight = conv2dBackwardWeight,
    .linearForward = linearForward,
    .linearBackwardInput = linearBackwardInput,
    .linearBackwardWeight = linearBackwardWeight,
    .reluForward = reluForward,
    .reluBackward = reluBackward,
    .unaryForward = unaryForward,
    .unaryBackward = unaryBackward,
    .maxPool2dForward = maxPool2dForward,
    .maxPool2dBackward = maxPool2dBackward,
    .crossEntropyForward = crossEntropyForward,
    .crossEntropyBackward = crossEntropyBackward,
    .mseForward = mseForward,
    .mseBackward = mseBackward,
    .accumulate = accumulate,
    .optimizerStep = {LR_OPTIMIZERS(LR_ROW)},
};
#undef LR_ROW

}  // namespace lr::test
