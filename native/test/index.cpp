// Gathering and scattering by index, against the naive table; what only moves, bit by bit
#include "test/suites.h"

namespace lr::test {

void testIndex(Suite& suite) {
  for (const GatherShape s :
       {GatherShape{1, 1, 1, 1}, GatherShape{1, 10, 300, 1}, GatherShape{5, 7, 3, 1},
        GatherShape{3, 5, 9, 17}, GatherShape{1, 4, 6, 1000}, GatherShape{300, 11, 4, 33}}) {
    const std::string name = " " + std::to_string(s.outer) + " " + std::to_string(s.length) + " " +
                             std::to_string(s.count) + " " + std::to_string(s.inner);
    const int64_t targets = int64_t{s.outer} * s.length * s.inner,
                  sources = int64_t{s.outer} * s.count * s.inner;
    const Floats x = randomFloats(targets, 1), source = randomFloats(sources, 2);
    const std::vector<int32_t> index = randomInts(sources, s.length, 3);
    suite.checkExact("gather" + name, [&](const Kernels& table) {
      Floats y(sources);
      table.gather(s, x.data(), index.data(), y.data());
      return Outputs{{"y", y}};
    });
    suite.checkExact("scatter" + name, [&](const Kernels& table) {
      Floats y = x;
      table.scatter(s, source.data(), index.data(), y.data());
      return Outputs{{"y", y}};
    });
    Floats squares = squared(x);
    kNaive.scatterAdd(s, squared(source).data(), index.data(), squares.data());
    suite.check(
        "scatterAdd" + name,
        [&](const Kernels& table) {
          Floats y = x;
          table.scatterAdd(s, source.data(), index.data(), y.data());
          return Outputs{{"y", y}};
        },
        [&](const Outputs& reference) {
          return std::vector<Bound>{sumBound(s.count + 1, squares, reference[0].values)};
        },
        Bits::kAlike);
  }

  for (const RowsShape s :
       {RowsShape{1, 1, 1, 1, -1}, RowsShape{1, 50, 300, 16, -1}, RowsShape{1, 50, 300, 16, 3},
        RowsShape{4, 7, 5, 1, -1}, RowsShape{3, 9, 20, 37, -1}, RowsShape{1, 1000, 5, 512, -1},
        RowsShape{1, 3, 2000, 129, 0}}) {
    const std::string name = " " + std::to_string(s.outer) + " " + std::to_string(s.length) + " " +
                             std::to_string(s.count) + " " + std::to_string(s.inner) + " " +
                             std::to_string(s.ignored);
    const int64_t targets = int64_t{s.outer} * s.length * s.inner,
                  sources = int64_t{s.outer} * s.count * s.inner;
    const Floats x = randomFloats(targets, 1), dy = randomFloats(sources, 2);
    const std::vector<int32_t> index = randomInts(s.count, s.length, 3);
    suite.checkExact("gatherRows" + name, [&](const Kernels& table) {
      Floats y(sources);
      table.gatherRows(s, x.data(), index.data(), y.data());
      return Outputs{{"y", y}};
    });
    Floats squares(targets);
    kNaive.gatherRowsBackward(s, squared(dy).data(), index.data(), squares.data());
    suite.check(
        "gatherRows backward" + name,
        [&](const Kernels& table) {
          Floats dx(targets, 7.0f);
          table.gatherRowsBackward(s, dy.data(), index.data(), dx.data());
          return Outputs{{"dx", dx}};
        },
        [&](const Outputs& reference) {
          return std::vector<Bound>{sumBound(s.count, squares, reference[0].values)};
        },
        Bits::kAlike);
  }
}

}  // namespace lr::test
