// Functions of two elements and their gradients, comparisons and where, against the naive table, broadcasting
#include <cmath>

#include "test/suites.h"
#include "test/walks.h"

namespace lr::test {
namespace {

struct Geometry {
  const char* name;
  std::vector<int32_t> shape, a, b;
};
const Geometry kGeometries[] = {
    {"1", {1}, {1}, {1}},
    {"7", {7}, {1}, {1}},
    {"70001", {70001}, {1}, {1}},
    {"number right", {4099}, {1}, {0}},
    {"number left", {4099}, {0}, {1}},
    {"numbers", {33}, {0}, {0}},
    {"row", {37, 130}, {130, 1}, {0, 1}},
    {"column", {37, 130}, {130, 1}, {1, 0}},
    {"row and column", {130, 301}, {0, 1}, {1, 0}},
    {"channels", {3, 5, 49}, {245, 49, 1}, {0, 1, 0}},
    {"transposed", {19, 23}, {1, 19}, {23, 1}},
    {"long transposed", {3, 1000}, {1, 3}, {1000, 1}},
    {"five dimensions", {2, 3, 2, 3, 5}, {90, 30, 15, 5, 1}, {15, 0, 0, 5, 1}},
    {"many short rows", {20000, 3}, {3, 1}, {0, 1}},
};

struct Row {
  const char* name;
  int32_t kind;
  double ulps, gradientUlps;
};
const Row kRows[] = {
    {"add", kBinaryAdd, 0, 0},         {"sub", kBinarySub, 0, 0},   {"mul", kBinaryMul, 0, 1},
    {"div", kBinaryDiv, 1, 5},         {"pow", kBinaryPow, 1, 6},   {"maximum", kBinaryMaximum, 0, 0},
    {"minimum", kBinaryMinimum, 0, 0}, {"fmod", kBinaryFmod, 0, 1}, {"remainder", kBinaryRemainder, 1, 1},
    {"atan2", kBinaryAtan2, 1, 6},
};

}  // namespace

void testBinary(Suite& suite) {
  for (const Geometry& geometry : kGeometries) {
    const Strided s = strided(geometry.shape, {{geometry.a}, {geometry.b}});
    const int64_t n = places(s);
    Floats a = randomFloats(s.sizes[0], 1), b = randomFloats(s.sizes[1], 2);
    const Floats dy = randomFloats(n, 3);
    for (float& value : b) value = value * 3 + (value < 0 ? -0.1f : 0.1f);
    if (a.size() > 4 && b.size() > 4) a[3] = b[3];
    for (const Row& row : kRows) {
      const std::string name = std::string(row.name) + " " + geometry.name;
      Floats base = a;
      for (float& value : base) value = row.kind == kBinaryPow ? std::exp(4 * value) : value * 5;
      suite.check(
          name + " forward",
          [&](const Kernels& table) {
            Floats y(n);
            table.binaryForward(row.kind, s, base.data(), b.data(), y.data());
            return Outputs{{"y", y}};
          },
          [&](const Outputs& reference) {
            return std::vector<Bound>{relativeBound(row.ulps, reference[0].values)};
          },
          Bits::kAlike);
      suite.check(
          name + " backward",
          [&](const Kernels& table) {
            Floats da(n), db(n);
            table.binaryBackward(row.kind, s, base.data(), b.data(), dy.data(), da.data(), db.data());
            return Outputs{{"da", da}, {"db", db}};
          },
          [&](const Outputs& reference) {
            return std::vector<Bound>{relativeBound(row.gradientUlps, reference[0].values),
                                      relativeBound(row.gradientUlps, reference[1].values)};
          },
          Bits::kAlike);
    }
    for (int32_t kind = 0; kind < kCompareCount; ++kind) {
      suite.checkExact("compare " + std::to_string(kind) + " " + geometry.name, [&](const Kernels& table) {
        std::vector<uint8_t> y(n);
        table.compare(kind, s, a.data(), b.data(), y.data());
        return Outputs{{"y", Floats(y.begin(), y.end())}};
      });
    }
    const Strided three = strided(geometry.shape, {{geometry.b}, {geometry.a}, {geometry.b}});
    std::vector<uint8_t> condition(b.size());
    for (size_t i = 0; i < b.size(); ++i) condition[i] = b[i] > 0 ? 1 : 0;
    suite.checkExact(std::string("where ") + geometry.name, [&](const Kernels& table) {
      Floats y(n);
      table.where(three, condition.data(), a.data(), b.data(), y.data());
      return Outputs{{"y", y}};
    });
  }

  // Every pair of special values, and one gradient alone
  const Floats special = {NAN,  INFINITY, -INFINITY, 0.0f,  -0.0f,  1.0f,  -1.0f,  0.5f,   -0.5f,
                          2.0f, -2.0f,    3.0f,      -3.0f, 1e-40f, 1e30f, -1e30f, 1e-30f, 16777217.0f};
  const auto count = static_cast<int32_t>(special.size());
  const Strided all = strided({count, count}, {{{1, 0}}, {{0, 1}}});
  const int64_t n = places(all);
  // An infinity has no distance to another: both are put as numbers.
  const auto marked = [](Floats values) {
    for (float& value : values)
      value = std::isnan(value) ? 2e38f : std::isinf(value) ? std::copysign(1e38f, value) : value;
    return values;
  };
  for (const Row& row : kRows) {
    suite.check(
        std::string(row.name) + " of special values",
        [&](const Kernels& table) {
          Floats y(n);
          table.binaryForward(row.kind, all, special.data(), special.data(), y.data());
          return Outputs{{"y", marked(y)}};
        },
        [&](const Outputs& reference) {
          return std::vector<Bound>{relativeBound(row.ulps, reference[0].values)};
        },
        Bits::kAlike);
    const Floats dy = randomFloats(n, 4);
    suite.checkExact(std::string(row.name) + " gradients alone", [&](const Kernels& table) {
      Floats da(n), db(n), alone(n), other(n);
      table.binaryBackward(row.kind, all, special.data(), special.data(), dy.data(), da.data(), db.data());
      table.binaryBackward(row.kind, all, special.data(), special.data(), dy.data(), alone.data(), nullptr);
      table.binaryBackward(row.kind, all, special.data(), special.data(), dy.data(), nullptr, other.data());
      float differences = 0;
      for (int64_t i = 0; i < n; ++i) {
        differences += (da[i] != alone[i] && da[i] == da[i]) || (db[i] != other[i] && db[i] == db[i]);
      }
      return Outputs{{"differences", {differences}}};
    });
  }
}

}  // namespace lr::test
