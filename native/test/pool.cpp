// Pooling, unfold and fold against the naive table. To add a shape: a row.
#include <algorithm>
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

using Spans = std::vector<int32_t>;

// Windows of a kernel, and `count` adaptive ones
Spans windows(int32_t length, int32_t kernel, int32_t stride, int32_t pad, bool countPad) {
  Spans spans;
  for (int32_t i = 0; i < (length + 2 * pad - kernel) / stride + 1; ++i) {
    const int32_t start = i * stride - pad, begin = std::max(start, 0),
                  end = std::min(start + kernel, length);
    spans.insert(spans.end(), {begin, end, countPad ? kernel : end - begin});
  }
  return spans;
}
Spans adaptive(int32_t length, int32_t count) {
  Spans spans;
  for (int32_t i = 0; i < count; ++i) {
    const int32_t begin = i * length / count, end = ((i + 1) * length + count - 1) / count;
    spans.insert(spans.end(), {begin, end, end - begin});
  }
  return spans;
}

struct WindowRow {
  int32_t planes, height, width;
  Spans rows, columns;
};

const WindowRow kWindowRows[] = {
    {1, 1, 1, windows(1, 1, 1, 0, true), windows(1, 1, 1, 0, true)},
    {3, 8, 70, windows(8, 2, 2, 0, true), windows(70, 2, 2, 0, true)},
    {2, 9, 41, windows(9, 3, 2, 1, true), windows(41, 3, 2, 1, true)},
    {2, 9, 67, windows(9, 3, 1, 1, false), windows(67, 3, 1, 1, false)},
    {2, 7, 70, windows(7, 2, 3, 0, true), windows(70, 2, 2, 1, false)},
    {5, 24, 24, windows(24, 2, 2, 0, true), windows(24, 2, 2, 0, true)},
    {2, 12, 50, windows(12, 4, 3, 2, false), windows(50, 5, 3, 2, true)},
    {4, 7, 7, adaptive(7, 1), adaptive(7, 1)},
    {2, 10, 37, adaptive(10, 3), adaptive(37, 19)},
    {2, 3, 5, adaptive(3, 7), adaptive(5, 11)},
    {3, 64, 66, adaptive(64, 8), adaptive(66, 33)},
    {2, 5, 69, adaptive(5, 5), adaptive(69, 35)},
};

void testWindows(Suite& suite, const WindowRow& row) {
  const Window2dShape s = {row.planes, row.height, row.width, static_cast<int32_t>(row.rows.size() / 3),
                           static_cast<int32_t>(row.columns.size() / 3)};
  const int64_t inSize = int64_t{s.planes} * s.inHeight * s.inWidth;
  const int64_t outSize = int64_t{s.planes} * s.outHeight * s.outWidth;
  Floats x = randomFloats(inSize, 1);
  const Floats dy = randomFloats(outSize, 2);
  const std::string name = " (" + std::to_string(s.planes) + " " + std::to_string(s.inHeight) + " " +
                           std::to_string(s.inWidth) + " to " + std::to_string(s.outHeight) + " " +
                           std::to_string(s.outWidth) + ")";
  const int32_t* rows = row.rows.data();
  const int32_t* columns = row.columns.data();
  const auto forward = [&](const Kernels& table, const Floats& from) {
    Floats y(outSize, NAN);
    table.avgPool2dForward(s, rows, columns, from.data(), y.data());
    return y;
  };
  const auto backward = [&](const Kernels& table, const Floats& from) {
    Floats dx(inSize, NAN);
    table.avgPool2dBackward(s, rows, columns, from.data(), dx.data());
    return dx;
  };
  // The mean of the squares is at least the square of the root over the terms, of which there are at most as
  // many as elements in the image.
  const int64_t terms = int64_t{s.inHeight} * s.inWidth;
  suite.check(
      "avgPool2d forward" + name, [&](const Kernels& table) { return Outputs{{"y", forward(table, x)}}; },
      [&](const Outputs& reference) {
        return std::vector<Bound>{sumBound(terms, forward(kNaive, squared(x)), reference[0].values)};
      });
  suite.check(
      "avgPool2d backward" + name, [&](const Kernels& table) { return Outputs{{"dx", backward(table, dy)}}; },
      [&](const Outputs& reference) {
        return std::vector<Bound>{sumBound(64, backward(kNaive, squared(dy)), reference[0].values)};
      });
  for (float& value : x) value = std::floor(value * 8);
  if (x.size() > 20) x[x.size() / 2] = x[x.size() / 3] = NAN;
  suite.checkExact("windowMax forward" + name, [&](const Kernels& table) {
    Floats y(outSize);
    std::vector<int32_t> index(outSize);
    table.windowMaxForward(s, rows, columns, x.data(), y.data(), index.data());
    return Outputs{{"y", y}, {"index", Floats(index.begin(), index.end())}};
  });
}

void testFold(Suite& suite, const Pool2dShape& s, const std::string& name) {
  const int64_t inSize = int64_t{s.planes} * s.inHeight * s.inWidth;
  const int64_t outSize = int64_t{s.planes} * s.outHeight * s.outWidth * s.kernelHeight * s.kernelWidth;
  const Floats x = randomFloats(inSize, 1), y = randomFloats(outSize, 2);
  suite.checkExact("unfold2d " + name, [&](const Kernels& table) {
    Floats result(outSize, NAN);
    table.unfold2d(s, x.data(), result.data());
    return Outputs{{"y", result}};
  });
  const auto fold = [&](const Kernels& table, const Floats& from) {
    Floats result(inSize, NAN);
    table.fold2d(s, from.data(), result.data());
    return result;
  };
  suite.check(
      "fold2d " + name, [&](const Kernels& table) { return Outputs{{"x", fold(table, y)}}; },
      [&](const Outputs& reference) {
        return std::vector<Bound>{
            sumBound(int64_t{s.kernelHeight} * s.kernelWidth, fold(kNaive, squared(y)), reference[0].values)};
      });
}

}  // namespace

void testPool(Suite& suite) {
  for (const WindowRow& row : kWindowRows) testWindows(suite, row);
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
    for (size_t i = 0; i < x.size() / 5; ++i) x[i] = -INFINITY;
    if (x.size() > 20) x[x.size() / 2] = x[x.size() / 2 + 1] = x[x.size() / 3] = NAN;
    const Floats dy = randomFloats(outSize, 2);
    std::string name = "maxPool2d (";
    for (const int32_t value :
         {row.planes, row.h, row.w, row.kh, row.kw, row.sh, row.sw, row.ph, row.pw, row.dh, row.dw}) {
      if (name.back() != '(') name += ' ';
      name += std::to_string(value);
    }
    name += row.ceilMode ? ", ceil)" : ")";
    if (!row.ceilMode) testFold(suite, s, name);
    suite.checkExact(name + " forward", [&](const Kernels& table) {
      Floats y(outSize);
      std::vector<int32_t> index(outSize);
      table.maxPool2dForward(s, x.data(), y.data(), index.data());
      return Outputs{{"y", y}, {"index", Floats(index.begin(), index.end())}};
    });
    suite.checkExact(name + " unpool backward", [&](const Kernels& table) {
      const std::vector<int32_t> at = randomInts(outSize, s.inHeight * s.inWidth, 3);
      Floats dx(outSize);
      table.maxUnpool2dBackward(s, x.data(), at.data(), dx.data());
      return Outputs{{"dx", dx}};
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
