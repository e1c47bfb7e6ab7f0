// conv2d and its gradients against the naive table. To add a shape: a row.
#include <cmath>
#include <initializer_list>
#include <string>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t n, c, h, w;
  int32_t k, kh, kw;
  int32_t sh = 1, sw = 1;                            // stride
  int32_t top = 0, left = 0, bottom = 0, right = 0;  // padding
  int32_t dh = 1, dw = 1;                            // dilation
  int32_t groups = 1;
};

const Row kRows[] = {
    // smallest of everything
    {1, 1, 1, 1, 1, 1, 1},
    {1, 1, 1, 1, 3, 3, 3, 1, 1, 1, 1, 1, 1},
    {3, 1, 2, 1, 1, 2, 1},
    {1, 7, 1, 1, 5, 1, 1},
    // channels around the tiles' widths, odd images
    {2, 3, 7, 9, 4, 3, 3},
    {2, 1, 12, 12, 10, 3, 3},
    {1, 8, 6, 5, 7, 3, 3, 1, 1, 1, 1, 1, 1},
    {2, 5, 6, 7, 15, 3, 3, 1, 1, 1, 1, 1, 1},
    {2, 5, 6, 7, 16, 3, 3, 1, 1, 1, 1, 1, 1},
    {3, 5, 6, 7, 17, 1, 1},
    {1, 9, 5, 11, 31, 3, 3},
    {2, 16, 9, 9, 32, 3, 3, 1, 1, 1, 1, 1, 1},
    {1, 33, 7, 6, 33, 3, 3, 1, 1, 1, 1, 1, 1},
    {1, 24, 5, 5, 40, 2, 2},
    // more products than one run, more images than one item, more items than chunks
    {2, 70, 5, 5, 20, 3, 3, 1, 1, 1, 1, 1, 1},
    {1, 200, 4, 4, 3, 1, 1},
    {19, 4, 5, 5, 24, 3, 3, 1, 1, 1, 1, 1, 1},
    {5, 2, 40, 33, 18, 3, 3},
    {1, 3, 3, 300, 20, 2, 3},
    // kernels: even, wide, high, larger than the image
    {2, 3, 9, 8, 6, 4, 2, 1, 1, 2, 1, 1, 0},
    {1, 4, 1, 30, 8, 1, 5, 1, 1, 0, 2, 0, 2},
    {1, 4, 30, 1, 18, 5, 1, 1, 1, 2, 0, 2, 0},
    {1, 2, 2, 2, 3, 5, 5, 1, 1, 2, 2, 2, 2},
    {2, 3, 2, 3, 20, 7, 7, 2, 2, 3, 3, 3, 3},
    {1, 1, 20, 20, 2, 15, 15, 1, 1, 7, 7, 7, 7},
    {1, 3, 23, 22, 64, 7, 7, 2, 2, 3, 3, 3, 3},
    // strides: even, uneven, greater than the kernel, greater than the image; pixels that no output reaches
    {2, 3, 7, 9, 4, 3, 3, 2, 2, 1, 1, 1, 1},
    {2, 16, 9, 10, 33, 3, 2, 3, 3, 1, 1, 1, 1},
    {1, 20, 11, 12, 17, 3, 3, 2, 3, 0, 1, 1, 0},
    {2, 4, 10, 11, 18, 1, 1, 2, 2},
    {1, 5, 13, 13, 20, 2, 2, 4, 5},
    {1, 2, 5, 6, 3, 1, 2, 7, 9},
    {1, 24, 10, 9, 24, 3, 3, 2, 2},
    // padding that differs between sides
    {1, 3, 6, 6, 5, 2, 2, 1, 1, 0, 0, 1, 1},
    {1, 18, 6, 7, 19, 4, 4, 1, 1, 1, 2, 2, 1},
    {1, 3, 5, 5, 17, 3, 3, 2, 2, 4, 0, 0, 5},
    // dilation, with strides that share a divisor with it or not
    {1, 4, 8, 8, 6, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2},
    {1, 17, 9, 8, 17, 3, 2, 1, 1, 3, 0, 3, 2, 3, 2},
    {1, 4, 12, 12, 18, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2},
    {1, 16, 13, 14, 16, 3, 3, 2, 3, 3, 2, 3, 2, 3, 2},
    {1, 2, 15, 15, 3, 3, 3, 4, 6, 0, 0, 0, 0, 6, 4},
    // groups: depthwise, with a multiplier, with few and with whole tiles of channels
    {2, 6, 5, 5, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 6},
    {2, 8, 30, 29, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 8},
    {2, 5, 9, 8, 5, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 5},
    {1, 4, 9, 9, 12, 5, 5, 1, 1, 2, 2, 2, 2, 1, 1, 4},
    {1, 3, 7, 7, 6, 3, 3, 2, 1, 1, 1, 1, 1, 1, 2, 3},
    {2, 12, 8, 8, 8, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 4},
    {2, 32, 8, 7, 64, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 2},
    {2, 40, 6, 6, 60, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 2},
    // planes a multiple of 2 KB apart; layers of the MNIST and the notebook's model
    {1, 16, 32, 32, 16, 1, 1},
    {2, 16, 16, 32, 24, 3, 3},
    {9, 1, 28, 28, 32, 3, 3},
    {3, 32, 26, 26, 64, 3, 3},
    {8, 64, 12, 12, 10, 3, 3},
};

Conv2dShape shapeOf(const Row& r) {
  return {.batch = r.n,
          .inChannels = r.c,
          .inHeight = r.h,
          .inWidth = r.w,
          .outChannels = r.k,
          .outHeight = (r.h + r.top + r.bottom - r.dh * (r.kh - 1) - 1) / r.sh + 1,
          .outWidth = (r.w + r.left + r.right - r.dw * (r.kw - 1) - 1) / r.sw + 1,
          .kernelHeight = r.kh,
          .kernelWidth = r.kw,
          .strideHeight = r.sh,
          .strideWidth = r.sw,
          .padTop = r.top,
          .padLeft = r.left,
          .dilationHeight = r.dh,
          .dilationWidth = r.dw,
          .groups = r.groups};
}

std::string nameOf(const Row& r) {
  const auto text = [](std::initializer_list<int32_t> values) {
    std::string joined;
    for (const int32_t value : values) {
      if (!joined.empty()) joined += ' ';
      joined += std::to_string(value);
    }
    return joined;
  };
  return "conv2d (" + text({r.n, r.c, r.h, r.w}) + ") to " + text({r.k}) + ", kernel " + text({r.kh, r.kw}) +
         ", stride " + text({r.sh, r.sw}) + ", padding " + text({r.top, r.left, r.bottom, r.right}) +
         ", dilation " + text({r.dh, r.dw}) + ", groups " + text({r.groups});
}

}  // namespace

void testConv(Suite& suite) {
  for (const Row& row : kRows) {
    const Conv2dShape s = shapeOf(row);
    const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
    const int64_t taps = int64_t{s.kernelHeight} * s.kernelWidth;
    const Floats x = randomFloats(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth, 1);
    const Floats w = randomFloats(s.outChannels * inGroup * taps, 2);
    const Floats bias = randomFloats(s.outChannels, 3);
    const Floats dy = randomFloats(int64_t{s.batch} * s.outChannels * s.outHeight * s.outWidth, 4);
    const Floats x2 = squared(x), w2 = squared(w), bias2 = squared(bias), dy2 = squared(dy);
    const std::string name = nameOf(row);

    for (const bool hasBias : {false, true}) {
      const auto forward = [&](const Kernels& table, const Floats& from, const Floats& weights,
                               const Floats& biases) {
        Floats y(dy.size(), NAN);
        table.conv2dForward(s, from.data(), weights.data(), hasBias ? biases.data() : nullptr, y.data());
        return y;
      };
      suite.check(
          name + (hasBias ? " forward, bias" : " forward"),
          [&](const Kernels& table) { return Outputs{{"y", forward(table, x, w, bias)}}; },
          [&](const Outputs& reference) {
            return std::vector<Bound>{
                sumBound(inGroup * taps + 1, forward(kNaive, x2, w2, bias2), reference[0].values)};
          });

      const auto backwardWeight = [&](const Kernels& table, const Floats& from, const Floats& gradient) {
        Floats dw(w.size(), NAN), dbias(s.outChannels, NAN);
        table.conv2dBackwardWeight(s, from.data(), gradient.data(), dw.data(),
                                   hasBias ? dbias.data() : nullptr);
        return Outputs{{"dw", dw}, {"dbias", dbias}};
      };
      suite.check(
          name + (hasBias ? " backward weight, bias" : " backward weight"),
          [&](const Kernels& table) { return backwardWeight(table, x, dy); },
          [&](const Outputs& reference) {
            const Outputs squares = backwardWeight(kNaive, x2, dy2);
            const int64_t terms = int64_t{s.batch} * s.outHeight * s.outWidth;
            return std::vector<Bound>{sumBound(terms, squares[0].values, reference[0].values),
                                      sumBound(terms, squares[1].values, reference[1].values)};
          });
    }

    const auto backwardInput = [&](const Kernels& table, const Floats& gradient, const Floats& weights) {
      Floats dx(x.size(), NAN);
      table.conv2dBackwardInput(s, gradient.data(), weights.data(), dx.data());
      return dx;
    };
    suite.check(
        name + " backward input",
        [&](const Kernels& table) { return Outputs{{"dx", backwardInput(table, dy, w)}}; },
        [&](const Outputs& reference) {
          return std::vector<Bound>{
              sumBound(outGroup * taps, backwardInput(kNaive, dy2, w2), reference[0].values)};
        });
  }
}

}  // namespace lr::test
