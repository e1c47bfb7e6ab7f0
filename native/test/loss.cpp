// Losses and their gradients against the naive table. To add one of each element: a row.
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

struct LossRow {
  const char* name;
  int32_t kind;
  double a, b;
  float low, high;              // of the input
  float targetLow, targetHigh;  // or classes of -1 and 1 where both are 0
  double ulps, gradientUlps;    // of the larger of the result and the floor
  double floor;
};

// Floors are what is subtracted: logarithms, products, sums of a few terms of size 1.
const LossRow kLossRows[] = {
    {"mse", kLossMse, 0, 0, -1, 1, -1, 1, 3, 3, 0},
    {"l1", kLossL1, 0, 0, -1, 1, -1, 1, 2, 2, 0},
    {"smooth l1", kLossSmoothL1, 0.3, 0, -1, 1, -1, 1, 4, 4, 0},
    {"huber", kLossHuber, 0.4, 0, -1, 1, -1, 1, 4, 4, 0},
    {"bce", kLossBce, 0, 0, 0.001f, 0.999f, 0, 1, 4, 8, 4},
    {"bce with logits", kLossBceWithLogits, 0, 0, -20, 20, 0, 1, 4, 4, 8},
    {"bce with weighted logits", kLossBceWithLogitsWeighted, 0, 0, -20, 20, 0, 1, 6, 6, 30},
    {"kl div", kLossKlDiv, 0, 0, -5, 0, 0, 1, 4, 4, 4},
    {"kl div of logs", kLossKlDivLogTarget, 0, 0, -5, 0, -5, 0, 4, 4, 6},
    {"poisson nll", kLossPoissonNll, 0, 0, -2, 3, 0, 5, 4, 4, 20},
    {"full poisson nll", kLossPoissonNll, 1, 0, -2, 3, 0, 5, 8, 4, 20},
    {"poisson nll of rates", kLossPoissonNllRate, 1, 1e-8, 0.1f, 5, 0, 5, 8, 4, 50},
    {"gaussian nll", kLossGaussianNll, 0, 1e-6, -1, 1, -1, 1, 4, 8, 4},
    {"full gaussian nll", kLossGaussianNll, 1, 0.7, -1, 1, -1, 1, 4, 8, 4},
    {"hinge embedding", kLossHingeEmbedding, 1, 0, -3, 3, 0, 0, 2, 1, 4},
    {"soft margin", kLossSoftMargin, 0, 0, -9, 9, 0, 0, 4, 6, 9},
    {"margin ranking", kLossMarginRanking, 0.25, 0, -1, 1, -1, 1, 4, 2, 4},
};

void testPointwise(Suite& suite, const LossRow& row, int64_t n) {
  Floats x = randomFloats(n, 1), target = randomFloats(n, 2), third = randomFloats(n, 5);
  const bool signs = row.targetLow == row.targetHigh;
  for (int64_t i = 0; i < n; ++i) {
    x[i] = row.low + (row.high - row.low) * 0.5f * (x[i] + 1);
    target[i] = signs ? (target[i] < 0 ? -1.0f : 1.0f)
                      : row.targetLow + (row.targetHigh - row.targetLow) * 0.5f * (target[i] + 1);
    third[i] = row.kind == kLossMarginRanking ? (third[i] < 0 ? -1.0f : 1.0f) : third[i] + 1.5f;
  }
  const float* thirds = lossHasThird(row.kind) ? third.data() : nullptr;
  for (const int32_t reduction : {kReductionNone, kReductionMean, kReductionSum}) {
    const int64_t losses = reduction == kReductionNone ? n : 1;
    const std::string name =
        std::string(row.name) + " " + std::to_string(n) + " " + kReductionNames[reduction];
    suite.check(
        name + " forward",
        [&](const Kernels& table) {
          Floats loss(losses);
          table.pointwiseLossForward(row.kind, row.a, row.b, n, reduction, x.data(), target.data(), thirds,
                                     loss.data());
          return Outputs{{"loss", loss}};
        },
        // Sums are of at most 4096 / 16 floats in a lane, then of 16 lanes; chunks are added in double.
        [&](const Outputs& reference) {
          const double terms = reduction == kReductionSum ? static_cast<double>(n) : 1;
          const double ulps = row.ulps + (reduction == kReductionNone ? 0 : 9);
          return std::vector<Bound>{relativeBound(ulps, reference[0].values, row.floor * terms)};
        },
        reduction == kReductionNone ? Bits::kAlike : Bits::kOwn);
    const Floats dloss = randomFloats(losses, 3);
    suite.check(
        name + " backward",
        [&](const Kernels& table) {
          Floats dx(n), dtarget(n), dthird(n), alone(n);
          table.pointwiseLossBackward(row.kind, row.a, row.b, n, reduction, x.data(), target.data(), thirds,
                                      dloss.data(), dx.data(), dtarget.data(), dthird.data());
          table.pointwiseLossBackward(row.kind, row.a, row.b, n, reduction, x.data(), target.data(), thirds,
                                      dloss.data(), nullptr, alone.data(), nullptr);
          return Outputs{{"dx", dx}, {"dtarget", dtarget}, {"dthird", dthird}, {"dtarget alone", alone}};
        },
        [&](const Outputs& reference) {
          std::vector<Bound> bounds;
          for (const Output& output : reference) {
            double most = 0;
            for (const float value : dloss) most = std::fmax(most, std::fabs(value));
            const double scale = most / (reduction == kReductionMean ? static_cast<double>(n) : 1);
            bounds.push_back(relativeBound(row.gradientUlps, output.values, row.floor * scale));
          }
          return bounds;
        },
        Bits::kAlike);
  }
}

void testNll(Suite& suite, const Row& row) {
  const int64_t targets = int64_t{row.batch} * row.inner, size = targets * row.classes;
  const Floats logProbs = randomFloats(size, 1);
  Floats weight = randomFloats(row.classes, 2);
  for (float& value : weight) value += 1.5f;
  std::vector<int32_t> target = randomInts(targets, row.classes, 3);
  for (int64_t i = 0; row.ignoring && i < targets; i += 3) target[i] = kIgnore;
  const float* weights = row.weighted ? weight.data() : nullptr;
  for (const int32_t reduction : {kReductionNone, kReductionMean, kReductionSum}) {
    const CrossEntropyShape s = {row.batch, row.classes, row.inner, kIgnore, reduction};
    const int64_t losses = reduction == kReductionNone ? targets : 1;
    const Floats dloss = randomFloats(losses, 4);
    suite.check(
        "nll (" + std::to_string(row.batch) + ", " + std::to_string(row.classes) + ", " +
            std::to_string(row.inner) + ") " + kReductionNames[reduction],
        [&](const Kernels& table) {
          Floats loss(losses), dlogProbs(size, NAN);
          table.nllForward(s, logProbs.data(), target.data(), weights, loss.data());
          table.nllBackward(s, target.data(), weights, dloss.data(), dlogProbs.data());
          return Outputs{{"loss", loss}, {"dlogProbs", dlogProbs}};
        },
        [&](const Outputs& reference) {
          const double terms = reduction == kReductionSum ? 2.5 * static_cast<double>(targets) : 2.5;
          return std::vector<Bound>{
              relativeBound(12, reference[0].values, reduction == kReductionNone ? 0 : terms),
              relativeBound(4, reference[1].values)};
        });
  }
}

}  // namespace

void testLoss(Suite& suite) {
  for (const Row& row : kRows) testCrossEntropy(suite, row);
  for (const Row& row : kRows) testNll(suite, row);
  for (const LossRow& row : kLossRows) {
    for (const int64_t n : {1, 2, 15, 16, 17, 1000, 4096, 4097, 50000}) testPointwise(suite, row, n);
  }
}

}  // namespace lr::test
