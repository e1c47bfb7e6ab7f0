// reduce, argReduce and cumulativeSum with their gradients against the naive table
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

const char* const kNames[] = {"sum", "mean", "prod", "max", "min", "variance", "logSumExp", "norm", "std"};

const ReduceShape kRows[] = {
    {1, 1, {1}},
    {1, 1, {5}},
    {1, 1, {16}},
    {1, 1, {17}},
    {1, 0, {7}},
    {1, 1, {1000}},
    {1, 1, {4097}},
    {1, 1, {200001}},
    {2, 0, {5, 3}},
    {2, 0, {33, 17}},
    {2, 0, {4, 9000}},
    {2, 0, {3000, 7}},
    {2, 0, {2, 300003}},
    {2, 1, {3, 5}},
    {2, 1, {1000, 3}},
    {2, 1, {257, 300}},
    {2, 1, {2001, 33}},
    {2, 1, {70003, 2}},
    {3, 0, {3, 5, 7}},
    {3, 0, {2, 300, 20}},
    {3, 1, {8, 3, 49}},
    {3, 1, {5, 3, 2}},
    {3, 1, {40, 3, 5000}},
    {4, 1, {3, 4, 5, 6}},
    {4, 0, {3, 4, 5, 6}},
    {5, 1, {2, 3, 2, 3, 2}},
    {4, 1, {20, 2, 30, 40}},
};

std::string nameOf(const ReduceShape& s) {
  std::string name = s.firstReduced != 0 ? "reduced" : "kept";
  for (int32_t d = 0; d < s.dims; ++d) name += " " + std::to_string(s.lengths[d]);
  return name;
}

struct Sizes {
  int64_t x = 1, y = 1;
  explicit Sizes(const ReduceShape& s) {
    for (int32_t d = 0; d < s.dims; ++d) {
      x *= s.lengths[d];
      if ((d % 2 == 0) != (s.firstReduced != 0)) y *= s.lengths[d];
    }
  }
};

Bound scaled(Bound bound, double scale) {
  for (float& value : bound) value = static_cast<float>(value * scale);
  return bound;
}

void testReduce(Suite& suite, const ReduceShape& s, int32_t kind, double a, const Floats& x,
                const std::string& name) {
  const Sizes sizes(s);
  const int64_t count = sizes.x / sizes.y;
  const auto forward = [&](const Kernels& table, int32_t which, const Floats& from) {
    Floats y(sizes.y, NAN);
    table.reduceForward(which, a, s, from.data(), y.data());
    return y;
  };
  const double root = std::sqrt(static_cast<double>(count));
  suite.check(
      name + " forward", [&](const Kernels& table) { return Outputs{{"y", forward(table, kind, x)}}; },
      [&](const Outputs& reference) {
        const Floats& y = reference[0].values;
        switch (kind) {
          case kReduceSum:
            return std::vector<Bound>{sumBound(count, forward(kNaive, kReduceSum, squared(x)), y)};
          case kReduceMean: {
            Floats sum = y;
            for (float& value : sum) value *= static_cast<float>(count);
            const Floats squares = forward(kNaive, kReduceSum, squared(x));
            return std::vector<Bound>{scaled(sumBound(count, squares, sum), 1 / static_cast<double>(count))};
          }
          case kReduceMax:
          case kReduceMin:
            return std::vector<Bound>{{}};
          case kReduceProd:
            return std::vector<Bound>{relativeBound(1 + 2 * root, y, 1e-30)};
          case kReduceLogSumExp:
            return std::vector<Bound>{relativeBound(4, y, 2)};
          default:
            // At most 8192 / 16 floats that are not negative in a lane, then 16 lanes; chunks are added in
            // double.
            return std::vector<Bound>{relativeBound(12, y, 1e-12)};
        }
      });

  const Floats y = forward(kNaive, kind, x), dy = randomFloats(sizes.y, 9);
  suite.check(
      name + " backward",
      [&](const Kernels& table) {
        Floats dx(sizes.x, NAN);
        table.reduceBackward(kind, a, s, x.data(), y.data(), dy.data(), dx.data());
        return Outputs{{"dx", dx}};
      },
      [&](const Outputs& reference) {
        const Floats& dx = reference[0].values;
        if (kind == kReduceSum) return std::vector<Bound>{{}};
        if (kind == kReduceProd) return std::vector<Bound>{relativeBound(3 + 2 * root, dx, 1e-30)};
        // 2 (x - mean) / divisor: the mean is rounded
        if (kind == kReduceVariance || kind == kReduceStd)
          return std::vector<Bound>{relativeBound(4, dx, 4.0 / static_cast<double>(count))};
        // exp(x - y) and powers of x / y: their exponents are rounded
        const bool isExponential = kind == kReduceLogSumExp || kind == kReduceNorm;
        return std::vector<Bound>{relativeBound(isExponential ? 16 : 2, dx, 1e-12)};
      });
}

void testLanes(Suite& suite, const AxisShape& s) {
  const int64_t lanes = int64_t{s.outer} * s.inner, size = lanes * s.length;
  const std::string name =
      " (" + std::to_string(s.outer) + ", " + std::to_string(s.length) + ", " + std::to_string(s.inner) + ")";
  Floats x = randomFloats(size, 1);
  for (int64_t i = 0; i < size; ++i) {
    x[i] = std::floor(x[i] * 8);
    if (i % 41 == 7) x[i] = NAN;
  }
  const Floats dy = randomFloats(lanes, 2);
  for (const int32_t kind : {kReduceMax, kReduceMin}) {
    suite.checkExact("argReduce " + std::string(kNames[kind]) + name, [&](const Kernels& table) {
      Floats y(lanes), dx(size, NAN);
      std::vector<int32_t> index(lanes);
      table.argReduce(kind, s, x.data(), y.data(), index.data());
      table.argReduceBackward(s, dy.data(), index.data(), dx.data());
      return Outputs{{"y", y}, {"index", Floats(index.begin(), index.end())}, {"dx", dx}};
    });
  }
  Floats signedZeros = x;
  for (int64_t i = 3; i < size; i += 5) signedZeros[i] = i % 2 == 0 ? 0.0f : -0.0f;
  const Floats values = randomFloats(size, 3);
  for (const int32_t descending : {0, 1}) {
    for (const Floats* from : {static_cast<const Floats*>(&signedZeros), &values}) {
      suite.checkExact("sort" + std::string(descending != 0 ? " descending" : "") + name,
                       [&](const Kernels& table) {
                         Floats y(size);
                         std::vector<int32_t> index(size);
                         table.sort(s, descending, from->data(), y.data(), index.data());
                         return Outputs{{"y", y}, {"index", Floats(index.begin(), index.end())}};
                       });
    }
  }
  for (const int32_t reverse : {0, 1}) {
    suite.checkExact("cumulativeSum" + std::string(reverse != 0 ? " reverse" : "") + name,
                     [&](const Kernels& table) {
                       Floats y(size, NAN);
                       table.cumulativeSum(s, reverse, values.data(), y.data());
                       return Outputs{{"y", y}};
                     });
  }
}

}  // namespace

void testReduce(Suite& suite) {
  for (const ReduceShape& s : kRows) {
    const Sizes sizes(s);
    Floats x = randomFloats(sizes.x, 3);
    for (int32_t kind = 0; kind < kReduceCount; ++kind) {
      if (kind == kReduceNorm) continue;
      Floats values = x;
      // Products stay in range, of both signs
      if (kind == kReduceProd) {
        for (float& value : values) value = (value < 0 ? -1.0f : 1.0f) + value * 0.01f;
      }
      for (const double a : kind == kReduceVariance || kind == kReduceStd ? std::vector<double>{0, 1}
                                                                          : std::vector<double>{0}) {
        testReduce(suite, s, kind, a, values,
                   "reduce " + std::string(kNames[kind]) + " " + std::to_string(a) + " " + nameOf(s));
      }
    }
    for (const double p : {0.0, 1.0, 2.0, 3.0, 1.5, double{INFINITY}, -double{INFINITY}, -1.0}) {
      testReduce(suite, s, kReduceNorm, p, x, "reduce norm " + std::to_string(p) + " " + nameOf(s));
    }
    // Ties, zeros and NaN
    for (int64_t i = 0; i < sizes.x; ++i) x[i] = i % 501 == 400 ? NAN : std::floor(x[i] * 3);
    for (const int32_t kind : {kReduceMax, kReduceMin}) {
      for (const double a : {0, 1}) {
        testReduce(suite, s, kind, a, x,
                   "reduce " + std::string(kNames[kind]) + " ties " + std::to_string(a) + " " + nameOf(s));
      }
    }
    Floats infinite(sizes.x, -INFINITY);
    testReduce(suite, s, kReduceLogSumExp, 0, infinite, "reduce logSumExp -infinity " + nameOf(s));
    if (sizes.x / sizes.y < 8) testReduce(suite, s, kReduceProd, 0, x, "reduce prod zeros " + nameOf(s));
  }
  for (const AxisShape& s : {AxisShape{1, 1, 1},
                             {3, 5, 1},
                             {7, 33, 1},
                             {2, 5, 3},
                             {3, 2, 17},
                             {2, 40, 300},
                             {1, 20000, 1},
                             {700, 10, 1},
                             {30, 3, 700}}) {
    testLanes(suite, s);
  }
}

}  // namespace lr::test
