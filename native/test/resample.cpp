// resample2d against the naive table: taps of any place and weight, and one tap with places outside
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t planes, inHeight, inWidth, outHeight, outWidth, taps;
};

const Row kRows[] = {{1, 1, 1, 1, 1, 1},     {3, 5, 7, 10, 14, 1},  {2, 9, 33, 4, 70, 1},
                     {4, 8, 8, 16, 16, 2},   {2, 7, 65, 20, 40, 2}, {1, 33, 5, 3, 17, 2},
                     {200, 6, 6, 12, 12, 2}, {2, 9, 40, 18, 80, 4}};

}  // namespace

void testResample(Suite& suite) {
  for (const Row& row : kRows) {
    const Resample2dShape s = {row.planes, row.inHeight, row.inWidth, row.outHeight, row.outWidth, row.taps};
    std::vector<int32_t> rows = randomInts(int64_t{s.outHeight} * s.taps, s.inHeight, 1);
    std::vector<int32_t> columns = randomInts(int64_t{s.outWidth} * s.taps, s.inWidth, 2);
    if (s.taps == 1 && s.outHeight > 3) rows[0] = rows[3] = columns[1] = columns[s.outWidth - 1] = -1;
    const Floats rowWeights = randomFloats(static_cast<int64_t>(rows.size()), 3);
    const Floats columnWeights = randomFloats(static_cast<int64_t>(columns.size()), 4);
    const int64_t inSize = int64_t{s.planes} * s.inHeight * s.inWidth;
    const int64_t outSize = int64_t{s.planes} * s.outHeight * s.outWidth;
    const Floats x = randomFloats(inSize, 5), dy = randomFloats(outSize, 6);
    const auto forward = [&](const Kernels& table, const Floats& rw, const Floats& cw, const Floats& from) {
      Floats y(outSize, NAN);
      table.resample2dForward(s, 0.25, rows.data(), columns.data(), rw.data(), cw.data(), from.data(),
                              y.data());
      return y;
    };
    const auto backward = [&](const Kernels& table, const Floats& rw, const Floats& cw, const Floats& from) {
      Floats dx(inSize, NAN);
      table.resample2dBackward(s, rows.data(), columns.data(), rw.data(), cw.data(), from.data(), dx.data());
      return dx;
    };
    const std::string name = " (" + std::to_string(s.planes) + " " + std::to_string(s.inHeight) + " " +
                             std::to_string(s.inWidth) + " to " + std::to_string(s.outHeight) + " " +
                             std::to_string(s.outWidth) + ", " + std::to_string(s.taps) + " taps)";
    suite.check(
        "resample2d forward" + name,
        [&](const Kernels& table) { return Outputs{{"y", forward(table, rowWeights, columnWeights, x)}}; },
        [&](const Outputs& reference) {
          const Floats squares = forward(kNaive, squared(rowWeights), squared(columnWeights), squared(x));
          return std::vector<Bound>{sumBound(4 * s.taps * s.taps, squares, reference[0].values)};
        });
    suite.check(
        "resample2d backward" + name,
        [&](const Kernels& table) { return Outputs{{"dx", backward(table, rowWeights, columnWeights, dy)}}; },
        [&](const Outputs& reference) {
          const Floats squares = backward(kNaive, squared(rowWeights), squared(columnWeights), squared(dy));
          const int64_t terms = int64_t{4} * s.taps * s.taps * s.outHeight * s.outWidth;
          return std::vector<Bound>{sumBound(terms, squares, reference[0].values)};
        });
  }
}

}  // namespace lr::test
