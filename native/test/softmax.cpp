// softmax, logSoftmax and their gradients against the naive table
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  AxisShape shape;
  float spread = 4;  // x is in [-spread, spread)
};

const Row kRows[] = {
    {{1, 1, 1}},    {{3, 5, 1}},     {{64, 10, 1}},    {{7, 1000, 1}}, {{3, 16, 1}},    {{5, 33, 1}, 90},
    {{1, 9000, 1}}, {{2, 5, 3}},     {{3, 21, 49}},    {{2, 4, 16}},   {{1, 3, 70001}}, {{2, 300, 257}},
    {{40, 7, 2}},   {{600, 128, 1}}, {{2, 33, 5}, 60}, {{1, 1, 300}},
};

void testRow(Suite& suite, const Row& row) {
  const AxisShape& s = row.shape;
  const int64_t size = int64_t{s.outer} * s.length * s.inner;
  const std::string name = " (" + std::to_string(s.outer) + ", " + std::to_string(s.length) + ", " +
                           std::to_string(s.inner) + ") spread " + std::to_string(row.spread);
  Floats x = randomFloats(size, 1);
  for (float& value : x) value *= row.spread;
  const Floats dy = randomFloats(size, 2);
  // Rounding of x - max is relative to the spread; sums of exponentials have no cancellation.
  const double exponent = 2 * row.spread + std::log(s.length);
  const auto check = [&](const std::string& op, auto forwardOp, auto backwardOp, double ulps, double floor) {
    const auto forward = [&, forwardOp](const Kernels& table) {
      Floats y(size, NAN), inPlace = x;
      forwardOp(table, x.data(), y.data());
      forwardOp(table, inPlace.data(), inPlace.data());
      return Outputs{{"y", y}, {"y in place of x", inPlace}};
    };
    suite.check(op + name + " forward", forward, [&](const Outputs& reference) {
      const Bound bound = relativeBound(ulps, reference[0].values, floor);
      return std::vector<Bound>{bound, bound};
    });
    const Floats y = forward(kNaive)[0].values;
    suite.check(
        op + name + " backward",
        [&](const Kernels& table) {
          Floats dx(size, NAN), inPlace = dy;
          (table.*backwardOp)(s, y.data(), dy.data(), dx.data());
          (table.*backwardOp)(s, y.data(), inPlace.data(), inPlace.data());
          return Outputs{{"dx", dx}, {"dx in place of dy", inPlace}};
        },
        [&](const Outputs& reference) {
          // dy - p · sum: the sum rounds by at most eps · sqrt(length) · root of the squares
          Bound bound = relativeBound(4, reference[0].values, 1e-30);
          for (size_t i = 0; i < bound.size(); ++i) {
            const float p = op == "softmax" ? y[i] : std::exp(y[i]);
            const double sum = op == "softmax" ? 2 : 2 * std::sqrt(static_cast<double>(s.length)) + 4;
            bound[i] += static_cast<float>(2.4e-7 * p * (sum + std::sqrt(static_cast<double>(s.length)) + 8));
          }
          return std::vector<Bound>{bound, bound};
        });
  };
  const auto softmax = [&](const Kernels& table, const float* from, float* to) {
    table.softmaxForward(s, 0, from, to);
  };
  const auto logSoftmax = [&](const Kernels& table, const float* from, float* to) {
    table.logSoftmaxForward(s, from, to);
  };
  check("softmax", softmax, &Kernels::softmaxBackward, 10 + 2 * row.spread, 1e-30);
  check("logSoftmax", logSoftmax, &Kernels::logSoftmaxBackward, 4, exponent);

  // Every other lane hidden, all but one element of the others
  Floats hidden(size, -INFINITY);
  for (int64_t lane = 0; lane < int64_t{s.outer} * s.inner; lane += 2) {
    hidden[lane / s.inner * s.length * s.inner + lane % s.inner] = 1;
  }
  for (const int32_t zeroHidden : {0, 1}) {
    suite.checkExact("softmax of hidden lanes " + std::to_string(zeroHidden) + name,
                     [&](const Kernels& table) {
                       Floats y(size);
                       table.softmaxForward(s, zeroHidden, hidden.data(), y.data());
                       return Outputs{{"y", y}};
                     });
  }
}

}  // namespace

void testSoftmax(Suite& suite) {
  for (const Row& row : kRows) testRow(suite, row);
}

}  // namespace lr::test
