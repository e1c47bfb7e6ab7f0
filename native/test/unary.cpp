// Functions of one element and their gradients, against the naive table in double
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  const char* name;
  int32_t kind;
  double a, b;
  float span;   // x is in (-span, span), denser near zero; 0: in (exp(-8), exp(8))
  double ulps;  // of the larger of the result and the floor, and of the gradient likewise
  double floor;
  double gradientUlps;
};

const Row kRows[] = {
    {"exp", kUnaryExp, 0, 0, 18, 2, 0, 4},
    {"log", kUnaryLog, 0, 0, 0, 2, 1, 1},
    {"sqrt", kUnarySqrt, 0, 0, 0, 0.5, 0, 2},
    {"abs", kUnaryAbs, 0, 0, 18, 0, 0, 0},
    {"sigmoid", kUnarySigmoid, 0, 0, 18, 4, 0, 8},
    {"tanh", kUnaryTanh, 0, 0, 18, 4, 0, 8},
    {"gelu", kUnaryGelu, 0, 0, 18, 4, 1, 8},
    {"gelu tanh", kUnaryGeluTanh, 0, 0, 18, 4, 1, 16},
    {"silu", kUnarySilu, 0, 0, 18, 6, 0, 16},  // 1 - s, rounded, is multiplied by x up to 18
    {"softplus", kUnarySoftplus, 1, 20, 18, 5, 0, 6},
    {"softplus of beta", kUnarySoftplus, 3, 10, 18, 5, 1, 40},  // the rounding of 3x is multiplied by 3x
    {"leaky relu", kUnaryLeakyRelu, 0.01, 0, 18, 1, 0, 1},
    {"relu", kUnaryRelu, 0, 0, 18, 0, 0, 0},
    {"neg", kUnaryNeg, 0, 0, 18, 0, 0, 0},
    {"sign", kUnarySign, 0, 0, 18, 0, 0, 0},
    {"exp2", kUnaryExp2, 0, 0, 18, 1, 0, 3},
    {"expm1", kUnaryExpm1, 0, 0, 18, 1, 0, 2},
    {"log2", kUnaryLog2, 0, 0, 0, 1, 0, 3},
    {"log10", kUnaryLog10, 0, 0, 0, 1, 0, 3},
    {"log1p", kUnaryLog1p, 0, 0, 0.999f, 1, 0, 3},
    {"log1p of large", kUnaryLog1p, 0, 0, 0, 1, 0, 3},
    {"rsqrt", kUnaryRsqrt, 0, 0, 0, 2, 0, 5},
    {"square", kUnarySquare, 0, 0, 18, 1, 0, 1},
    {"reciprocal", kUnaryReciprocal, 0, 0, 0, 1, 0, 3},
    {"sin", kUnarySin, 0, 0, 18, 1, 0, 2},
    {"cos", kUnaryCos, 0, 0, 18, 1, 0, 2},
    {"tan", kUnaryTan, 0, 0, 18, 1, 0, 3},
    {"sin of large", kUnarySin, 0, 0, 1e8f, 1, 0, 2},
    {"cos of largest", kUnaryCos, 0, 0, 3.4e38f, 1, 0, 2},
    {"tan of largest", kUnaryTan, 0, 0, 3.4e38f, 1, 0, 3},
    {"asin", kUnaryAsin, 0, 0, 1, 1, 0, 4},
    {"acos", kUnaryAcos, 0, 0, 1, 1, 0, 4},
    {"atan", kUnaryAtan, 0, 0, 18, 1, 0, 3},
    {"sinh", kUnarySinh, 0, 0, 18, 1, 0, 2},
    {"cosh", kUnaryCosh, 0, 0, 18, 1, 0, 2},
    {"floor", kUnaryFloor, 0, 0, 18, 0, 0, 0},
    {"ceil", kUnaryCeil, 0, 0, 18, 0, 0, 0},
    {"round", kUnaryRound, 0, 0, 18, 0, 0, 0},
    {"trunc", kUnaryTrunc, 0, 0, 18, 0, 0, 0},
    {"floor of large", kUnaryFloor, 0, 0, 2e7f, 0, 0, 0},
    {"erf", kUnaryErf, 0, 0, 5, 4, 0, 2},
    {"erfc", kUnaryErfc, 0, 0, 9, 1, 0, 2},
    {"clamp", kUnaryClamp, -0.5, 2, 18, 0, 0, 0},
    {"hardtanh", kUnaryHardtanh, -1, 6, 18, 0, 0, 0},
    {"elu", kUnaryElu, 0.7, 0, 18, 2, 0, 4},
    {"celu", kUnaryCelu, 0.7, 0, 18, 4, 0, 4},
    {"selu", kUnarySelu, 0, 0, 18, 4, 0, 6},
    {"mish", kUnaryMish, 0, 0, 18, 1, 0, 2},
    {"softsign", kUnarySoftsign, 0, 0, 18, 2, 0, 5},
    {"hardsigmoid", kUnaryHardsigmoid, 0, 0, 18, 2, 1, 1},
    {"hardswish", kUnaryHardswish, 0, 0, 18, 4, 0, 3},
    {"logsigmoid", kUnaryLogsigmoid, 0, 0, 18, 1, 0, 4},
    {"tanhshrink", kUnaryTanhshrink, 0, 0, 18, 1, 0, 10},
    {"softshrink", kUnarySoftshrink, 0.3, 0, 18, 1, 0, 0},
    {"hardshrink", kUnaryHardshrink, 0.3, 0, 18, 0, 0, 0},
    {"threshold", kUnaryThreshold, 0.3, -2, 18, 0, 0, 0},
};

}  // namespace

void testUnary(Suite& suite) {
  for (const Row& row : kRows) {
    for (const int64_t n : {1, 7, 16, 100, 4099, 70001}) {
      Floats x = randomFloats(n, 1);
      for (int64_t i = 0; i < n; ++i) {
        x[i] = row.span == 0 ? std::exp(8 * x[i]) : x[i] * std::abs(x[i]) * row.span;
      }
      const Floats dy = randomFloats(n, 2);
      Floats y(n);
      const std::string name = std::string(row.name) + " " + std::to_string(n);
      const auto forward = [&](const Kernels& table) {
        Floats result(n);
        table.unaryForward(row.kind, row.a, row.b, n, x.data(), result.data());
        return Outputs{{"y", result}};
      };
      suite.check(
          name + " forward", forward,
          [&](const Outputs& reference) {
            return std::vector<Bound>{relativeBound(row.ulps, reference[0].values, row.floor)};
          },
          Bits::kAlike);
      y = forward(kNaive)[0].values;
      suite.check(
          name + " backward",
          [&](const Kernels& table) {
            Floats dx(n);
            table.unaryBackward(row.kind, row.a, row.b, n, x.data(), y.data(), dy.data(), dx.data());
            return Outputs{{"dx", dx}};
          },
          // Where a gradient is a difference, its error is relative to what was subtracted, which |dy|
          // bounds.
          [&](const Outputs& reference) {
            Bound bound = relativeBound(row.gradientUlps, reference[0].values);
            const Bound least = relativeBound(row.gradientUlps, dy);
            for (int64_t i = 0; i < n; ++i) bound[i] = std::max(bound[i], least[i]);
            return std::vector<Bound>{bound};
          },
          Bits::kAlike);
    }
    const Floats special = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-30f, -1e-30f, 80.0f, -80.0f, 1e-40f};
    suite.check(
        std::string(row.name) + " of special values",
        [&](const Kernels& table) {
          Floats y(special.size());
          table.unaryForward(row.kind, row.a, row.b, static_cast<int64_t>(special.size()), special.data(),
                             y.data());
          // silu and gelu of -infinity are NaN (-infinity · 0), in PyTorch too
          for (float& value : y)
            value = std::isnan(value) ? 2e30f : std::isinf(value) ? std::copysign(1e30f, value) : value;
          return Outputs{{"y", y}};
        },
        [&](const Outputs& reference) {
          return std::vector<Bound>{relativeBound(row.ulps, reference[0].values, std::max(row.floor, 1e-30))};
        },
        Bits::kAlike);
  }
}

}  // namespace lr::test
