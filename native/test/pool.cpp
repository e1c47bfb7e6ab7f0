// maxPool2d against the naive table. Rows: planes h w, kernel, stride, padding, dilation.
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t planes, h, w, kernel, stride;
  int32_t pad = 0, dilation = 1;
};

const Row kRows[] = {
    {1, 1, 1, 1, 1},     {3, 4, 4, 2, 2},       {2, 7, 9, 2, 2}, {2, 24, 24, 2, 2},
    {4, 8, 33, 3, 2, 1}, {1, 9, 9, 3, 1, 1, 2}, {5, 5, 6, 2, 3},
};

}  // namespace

void testPool(Suite& suite) {
  for (const Row& row : kRows) {
    const auto out = [&](int32_t size) {
      return (size + 2 * row.pad - row.dilation * (row.kernel - 1) - 1) / row.stride + 1;
    };
    const Pool2dShape s = {row.planes, row.h,      row.w,   out(row.h), out(row.w),   row.kernel,  row.kernel,
                           row.stride, row.stride, row.pad, row.pad,    row.dilation, row.dilation};
    const int64_t outSize = int64_t{s.planes} * s.outHeight * s.outWidth;
    Floats x = randomFloats(int64_t{s.planes} * s.inHeight * s.inWidth, 1);
    for (float& value : x) value = std::floor(value * 8);  // many equals
    if (x.size() > 20) x[x.size() / 2] = x[x.size() / 3] = NAN;
    const Floats dy = randomFloats(outSize, 2);
    const std::string name = "maxPool2d (" + std::to_string(row.planes) + ", " + std::to_string(row.h) +
                             ", " + std::to_string(row.w) + ") " + std::to_string(row.kernel) + " s" +
                             std::to_string(row.stride) + " p" + std::to_string(row.pad) + " d" +
                             std::to_string(row.dilation);
    suite.checkExact(name + " forward", [&](const Kernels& table) {
      Floats y(outSize);
      std::vector<int32_t> index(outSize);
      table.maxPool2dForward(s, x.data(), y.data(), index.data());
      return Outputs{{"y", y}, {"index", Floats(index.begin(), index.end())}};
    });
    std::vector<int32_t> index(outSize);
    Floats y(outSize);
    kNaive.maxPool2dForward(s, x.data(), y.data(), index.data());
    suite.check(
        name + " backward",
        [&](const Kernels& table) {
          Floats dx(x.size(), NAN);
          table.maxPool2dBackward(s, dy.data(), index.data(), dx.data());
          return Outputs{{"dx", dx}};
        },
        [&](const Outputs& reference) {
          Floats squares(x.size());
          const Floats dy2 = squared(dy);
          kNaive.maxPool2dBackward(s, dy2.data(), index.data(), squares.data());
          return std::vector<Bound>{
              sumBound(int64_t{s.kernelHeight} * s.kernelWidth, squares, reference[0].values)};
        });
  }
}

}  // namespace lr::test
