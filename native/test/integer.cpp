// Integers and conversions of every type, against the naive table bit by bit
#include <cmath>
#include <cstring>

#include "test/suites.h"
#include "test/walks.h"

namespace lr::test {
namespace {

using Bytes = std::vector<uint8_t>;

Floats numbersOf(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

template <class E>
Bytes bytesOf(const std::vector<E>& values) {
  Bytes bytes(values.size() * sizeof(E));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// n small and large numbers and the ends of the type, of integers and 0 and 1 for booleans
Bytes randomElements(int32_t element, int64_t n, uint32_t seed) {
  const Floats random = randomFloats(n, seed);
  const auto cast = [&](auto type, double least, double most) {
    using E = decltype(type);
    std::vector<E> values(n);
    for (int64_t i = 0; i < n; ++i) {
      const double size = i % 3 == 0 ? 10 : i % 3 == 1 ? most / 2 : 1000;
      values[i] =
          static_cast<E>(least == 0 ? (random[i] + 1) / 2 * (size < most ? size : most) : random[i] * size);
      if (i % 29 == 11) values[i] = static_cast<E>(most);
      if (i % 29 == 17) values[i] = static_cast<E>(least);
    }
    return bytesOf(values);
  };
  switch (element) {
    case kElementFloat32:
      return cast(float{}, -1e30, 1e30);
    case kElementFloat64:
      return cast(double{}, -1e300, 1e300);
    case kElementInt32:
      return cast(int32_t{}, -2147483648.0, 2147483647.0);
    case kElementInt64:
      return cast(int64_t{}, -9223372036854775808.0, 9223372036854774784.0);
    case kElementUint8:
      return cast(uint8_t{}, 0, 255);
    default:
      return cast(uint8_t{}, 0, 1);
  }
}

}  // namespace

void testInteger(Suite& suite) {
  struct Geometry {
    const char* name;
    std::vector<int32_t> shape, a, b;
  };
  const Geometry geometries[] = {
      {"scalars", {1}, {0}, {0}},
      {"vectors", {70001}, {1}, {1}},
      {"a vector and a number", {333}, {1}, {0}},
      {"rows", {300, 130}, {130, 1}, {0, 1}},
      {"columns", {3, 41}, {1, 3}, {41, 1}},
  };
  for (const Geometry& geometry : geometries) {
    const Strided s = strided(geometry.shape, {{geometry.a}, {geometry.b}});
    const int64_t n = places(s);
    for (const int32_t element : {kElementInt32, kElementInt64, kElementUint8, kElementBool}) {
      const std::string name = " " + std::to_string(element) + " " + geometry.name;
      const Bytes a = randomElements(element, s.sizes[0], 1), b = randomElements(element, s.sizes[1], 2);
      for (int32_t kind = 0; kind < kIntegerCount; ++kind) {
        suite.checkExact("integer " + std::to_string(kind) + name, [&](const Kernels& table) {
          Bytes y(n * elementWidth(element));
          table.integerForward(kind, element, s, a.data(), b.data(), y.data());
          return Outputs{{"y", numbersOf(y)}};
        });
      }
      for (int32_t kind = 0; kind < kCompareCount; ++kind) {
        suite.checkExact("compare integers " + std::to_string(kind) + name, [&](const Kernels& table) {
          Bytes y(n);
          table.integerCompare(kind, element, s, a.data(), b.data(), y.data());
          return Outputs{{"y", numbersOf(y)}};
        });
      }
    }
  }
  for (const int32_t from :
       {kElementFloat32, kElementFloat64, kElementInt32, kElementInt64, kElementUint8, kElementBool}) {
    for (const int32_t to :
         {kElementFloat32, kElementFloat64, kElementInt32, kElementInt64, kElementUint8, kElementBool}) {
      for (const int64_t n : {1, 17, 70001}) {
        Bytes x = randomElements(from, n, 3);
        if (from == kElementFloat32) {
          const float special[] = {NAN, INFINITY, -INFINITY, -0.0f, 0.5f, -0.99f, 9.3e18f};
          std::memcpy(x.data(), special, n >= 7 ? sizeof special : sizeof(float));
        }
        const std::string name =
            "convert " + std::to_string(from) + " to " + std::to_string(to) + " " + std::to_string(n);
        suite.checkExact(name, [&](const Kernels& table) {
          Bytes y(n * elementWidth(to));
          table.convert(from, to, n, x.data(), y.data());
          return Outputs{{"y", numbersOf(y)}};
        });
      }
    }
  }
}

}  // namespace lr::test
