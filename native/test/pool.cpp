// maxPool2d against the naive table. To add a shape: a row.
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t planes, h, w;
  int32_t kh, kw, sh, sw;  // kernel, stride
  int32_t ph = 0, pw = 0;  // padding
  int32_t dh = 1, dw = 1;  // dilation
  bool ceilMode = false;
};

const Row kRows[] = {
    {1, 1, 1, 1, 1, 1, 1},
    // windows side by side: the vectors' widths, odd images, one that is not square
    {3, 4, 4, 2, 2, 2, 2},
    {2, 7, 9, 2, 2, 2, 2},
    {2, 24, 24, 2, 2, 2, 2},
    {1, 6, 66, 2, 2, 2, 2},
    {2, 5, 67, 2, 2, 2, 2},
    {200, 8, 10, 2, 2, 2, 2},
    {2, 7, 35, 2, 2, 2, 2, 0, 0, 1, 1, true},
    {2, 9, 40, 3, 3, 3, 3},
    {2, 8, 40, 1, 2, 1, 2},
    {2, 8, 40, 2, 1, 2, 1},
    // overlapping windows, padding
    {4, 8, 33, 3, 3, 2, 2, 1, 1},
    {4, 9, 64, 3, 3, 2, 2, 1, 1, 1, 1, true},
    {3, 11, 37, 3, 3, 1, 1, 1, 1},
    {2, 20, 22, 5, 4, 1, 2, 2, 2},
    {1, 6, 50, 3, 7, 2, 1, 1, 3},
    // dilation, windows with gaps between them, windows larger than the vectors' reach
    {1, 9, 9, 3, 3, 1, 1, 1, 1, 2, 2},
    {2, 12, 45, 3, 3, 2, 2, 1, 1, 2, 3},
    {5, 5, 6, 2, 2, 3, 3},
    {1, 40, 5, 13, 5, 1, 1, 6, 2},
};

}  // namespace

void testPool(Suite& suite) {
  for (const Row& row : kRows) {
    const auto out = [&](int32_t size, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation) {
      const int32_t room = size + 2 * pad - dilation * (kernel - 1) - 1;
      if (!row.ceilMode) return room / stride + 1;
      const int32_t count = (room + stride - 1) / stride + 1;
      return (count - 1) * stride >= size + pad ? count - 1
                                                : count;  // a window begins in the image or left of it
    };
    const Pool2dShape s = {.planes = row.planes,
                           .inHeight = row.h,
                           .inWidth = row.w,
                           .outHeight = out(row.h, row.kh, row.sh, row.ph, row.dh),
                           .outWidth = out(row.w, row.kw, row.sw, row.pw, row.dw),
                           .kernelHeight = row.kh,
                           .kernelWidth = row.kw,
                           .strideHeight = row.sh,
                           .strideWidth = row.sw,
                           .padTop = row.ph,
                           .padLeft = row.pw,
                           .dilationHeight = row.dh,
                           .dilationWidth = row.dw};
    const int64_t outSize = int64_t{s.planes} * s.outHeight * s.outWidth;
    Floats x = randomFloats(int64_t{s.planes} * s.inHeight * s.inWidth, 1);
    for (float& value : x) value = std::floor(value * 8);  // many equals
    if (x.size() > 20) x[x.size() / 2] = x[x.size() / 2 + 1] = x[x.size() / 3] = NAN;
    const Floats dy = randomFloats(outSize, 2);
    std::string name = "maxPool2d (";
    for (const int32_t value :
         {row.planes, row.h, row.w, row.kh, row.kw, row.sh, row.sw, row.ph, row.pw, row.dh, row.dw}) {
      if (name.back() != '(') name += ' ';
      name += std::to_string(value);
    }
    name += row.ceilMode ? ", ceil)" : ")";
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
