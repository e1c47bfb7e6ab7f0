// crossEntropy and mse, with their gradients, against the naive table
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

constexpr int32_t kIgnore = -100;
const char* const kReductionNames[] = {"none", "mean", "sum"};

struct Row {
  int32_t batch, classes, inner;
  double labelSmoothing;
  bool weighted, ignoring;
  float spread = 4;  // logits are in [-spread, spread)
};

const Row kRows[] = {
    {1, 1, 1, 0, false, false},      {64, 10, 1, 0, false, false}, {64, 10, 1, 0.1, true, true},
    {7, 1000, 1, 0, true, false},    {3, 17, 1, 0.3, false, true}, {2, 5, 3, 0, false, true},
    {3, 21, 49, 0.1, true, true},    {2, 4, 16, 0, false, false},  {1, 2, 1, 0, false, false, 60},
    {5, 33, 1, 0, false, false, 90}, {2, 3, 70000, 0, true, true}, {600, 10, 1, 0, false, false},
};

void testCrossEntropy(Suite& suite, const Row& row) {
  const int64_t targets = int64_t{row.batch} * row.inner, size = targets * row.classes;
  Floats logits = randomFloats(size, 1), weight = randomFloats(row.classes, 2);
  for (float& value : logits) value *= row.spread;
  for (float& value : weight) value += 1.5f;
  std::vector<int32_t> target = randomInts(targets, row.classes, 3);
  for (int64_t i = 0; row.ignoring && i < targets; i += 3) target[i] = kIgnore;
  const float* weights = row.weighted ? weight.data() : nullptr;

  for (const int32_t reduction : {kReductionNone, kReductionMean, kReductionSum}) {
    const CrossEntropyShape s = {row.batch, row.classes, row.inner, kIgnore, reduction};
    const int64_t losses = reduction == kReductionNone ? targets : 1;
    const std::string name = "crossEntropy (" + std::to_string(row.batch) + ", " +
                             std::to_string(row.classes) + ", " + std::to_string(row.inner) + ") " +
                             kReductionNames[reduction] + " smoothing " + std::to_string(row.labelSmoothing) +
                             (row.weighted ? " weighted" : "") + (row.ignoring ? " ignoring" : "") +
                             " spread " + std::to_string(row.spread);
    const auto forward = [&](const Kernels& table) {
      Floats logProbs(size), loss(losses);
      table.crossEntropyForward(s, row.labelSmoothing, logits.data(), target.data(), weights, logProbs.data(),
                                loss.data());
      return Outputs{{"logProbs", logProbs}, {"loss", loss}};
    };
    // Rounding is relative to the logits and log-sums in the differences, and grows with the root of the
    // classes.
    const double scale = 2 * row.spread + std::log(row.classes);
    const double ulps = 4 + 2 * std::sqrt(row.classes);
    suite.check(name + " forward", forward, [&](const Outputs& reference) {
      const double terms = reduction == kReductionSum ? static_cast<double>(targets) : 1;
      return std::vector<Bound>{relativeBound(4, reference[0].values, scale),
                                relativeBound(ulps, reference[1].values, 2.5 * scale * terms)};
    });

    const Floats logProbs = forward(kNaive)[0].values;
    const Floats dloss = randomFloats(losses, 4);
    suite.check(
        name + " backward",
        [&](const Kernels& table) {
          Floats dlogits(size, NAN);
          table.crossEntropyBackward(s, row.labelSmoothing, logProbs.data(), target.data(), weights,
                                     dloss.data(), dlogits.data());
          return Outputs{{"dlogits", dlogits}};
        },
        [&](const Outputs& reference) {
          double most = 0;
          for (const float value : dloss) most = std::fmax(most, std::fabs(value));
          // Terms of at most weight 2.5, in the mean over the targets' weights, at least 0.5 each
          const double counted = row.ignoring ? 2.0 / 3 : 1;
          const double divisor =
              reduction == kReductionMean
                  ? std::fmax(1, static_cast<double>(targets) * counted * (row.weighted ? 0.5 : 1))
                  : 1;
          return std::vector<Bound>{relativeBound(8, reference[0].values, most * 2.5 / divisor)};
        });
  }
}

void testMse(Suite& suite, int64_t n) {
  const Floats x = randomFloats(n, 1), target = randomFloats(n, 2);
  for (const int32_t reduction : {kReductionNone, kReductionMean, kReductionSum}) {
    const int64_t losses = reduction == kReductionNone ? n : 1;
    const std::string name = "mse " + std::to_string(n) + " " + kReductionNames[reduction];
    suite.check(
        name + " forward",
        [&](const Kernels& table) {
          Floats loss(losses);
          table.mseForward(n, reduction, x.data(), target.data(), loss.data());
          return Outputs{{"loss", loss}};
        },
        // Sums of at most 4096 / 16 positive floats in a lane, then of 16 lanes; chunks are added in double.
        [&](const Outputs& reference) { return std::vector<Bound>{relativeBound(12, reference[0].values)}; });
    const Floats dloss = randomFloats(losses, 3);
    suite.check(
        name + " backward",
        [&](const Kernels& table) {
          Floats dx(n);
          table.mseBackward(n, reduction, x.data(), target.data(), dloss.data(), dx.data());
          return Outputs{{"dx", dx}};
        },
        [&](const Outputs& reference) { return std::vector<Bound>{relativeBound(3, reference[0].values)}; });
  }
}

}  // namespace

void testLoss(Suite& suite) {
  for (const Row& row : kRows) testCrossEntropy(suite, row);
  for (const int64_t n : {1, 2, 15, 16, 17, 1000, 4096, 4097, 50000}) testMse(suite, n);
}

}  // namespace lr::test
