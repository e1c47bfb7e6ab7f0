// Functions of one element and their gradients, against the naive table in double
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  const char* name;
  int32_t kind;
  double a;
  bool positive;  // defined for positive x only
  double ulps;    // of the larger of the result and the floor, and of the gradient likewise
  double floor;
  double gradientUlps;
};

const Row kRows[] = {
    {"exp", kUnaryExp, 0, false, 2, 0, 4},           {"log", kUnaryLog, 0, true, 2, 1, 1},
    {"sqrt", kUnarySqrt, 0, true, 0.5, 0, 2},        {"abs", kUnaryAbs, 0, false, 0, 0, 0},
    {"sigmoid", kUnarySigmoid, 0, false, 4, 0, 8},   {"tanh", kUnaryTanh, 0, false, 4, 0, 8},
    {"gelu", kUnaryGelu, 0, false, 4, 1, 8},         {"gelu tanh", kUnaryGeluTanh, 0, false, 4, 1, 16},
    {"silu", kUnarySilu, 0, false, 6, 0, 16},  // 1 - s, rounded, is multiplied by x up to 18
    {"softplus", kUnarySoftplus, 0, false, 5, 0, 6}, {"leaky relu", kUnaryLeakyRelu, 0.01, false, 1, 0, 1},
    {"relu", kUnaryRelu, 0, false, 0, 0, 0},
};

}  // namespace

void testUnary(Suite& suite) {
  for (const Row& row : kRows) {
    for (const int64_t n : {1, 7, 16, 100, 4099, 70001}) {
      Floats x = randomFloats(n, 1);
      for (int64_t i = 0; i < n; ++i) {
        x[i] = row.positive ? std::exp(8 * x[i]) : x[i] * std::abs(x[i]) * 18.0f;
      }
      const Floats dy = randomFloats(n, 2);
      Floats y(n);
      const std::string name = std::string(row.name) + " " + std::to_string(n);
      const auto forward = [&](const Kernels& table) {
        Floats result(n);
        table.unaryForward(row.kind, row.a, 0, n, x.data(), result.data());
        return Outputs{{"y", result}};
      };
      suite.check(name + " forward", forward, [&](const Outputs& reference) {
        return std::vector<Bound>{relativeBound(row.ulps, reference[0].values, row.floor)};
      });
      y = forward(kNaive)[0].values;
      suite.check(
          name + " backward",
          [&](const Kernels& table) {
            Floats dx(n);
            table.unaryBackward(row.kind, row.a, 0, n, x.data(), y.data(), dy.data(), dx.data());
            return Outputs{{"dx", dx}};
          },
          // Where a gradient is a difference, its error is relative to what was subtracted, which |dy|
          // bounds.
          [&](const Outputs& reference) {
            Bound bound = relativeBound(row.gradientUlps, reference[0].values);
            const Bound least = relativeBound(row.gradientUlps, dy);
            for (int64_t i = 0; i < n; ++i) bound[i] = std::max(bound[i], least[i]);
            return std::vector<Bound>{bound};
          });
    }
    const Floats special = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 1e-30f, -1e-30f, 80.0f, -80.0f, 1e-40f};
    suite.check(
        std::string(row.name) + " of special values",
        [&](const Kernels& table) {
          Floats y(special.size());
          table.unaryForward(row.kind, row.a, 0, static_cast<int64_t>(special.size()), special.data(),
                             y.data());
          // silu and gelu of -infinity are NaN (-infinity · 0), in PyTorch too
          for (float& value : y)
            value = std::isnan(value) ? 2e30f : std::isinf(value) ? std::copysign(1e30f, value) : value;
          return Outputs{{"y", y}};
        },
        [&](const Outputs& reference) {
          return std::vector<Bound>{relativeBound(row.ulps, reference[0].values, std::max(row.floor, 1e-30))};
        });
  }
}

}  // namespace lr::test
