// conv2d and its gradients against the naive table. Rows: n c h w, k kh kw, stride, padding, dilation,
// groups.
#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t n, c, h, w, k, kh, kw;
  int32_t stride = 1, pad = 0, dilation = 1, groups = 1;
};

const Row kRows[] = {
    {1, 1, 1, 1, 1, 1, 1},
    {2, 3, 7, 9, 4, 3, 3},
    {2, 3, 7, 9, 4, 3, 3, 2, 1},
    {1, 4, 8, 8, 6, 3, 3, 1, 2, 2, 2},
    {2, 6, 5, 5, 6, 3, 3, 1, 1, 1, 6},
    {3, 5, 6, 7, 17, 1, 1},
    {1, 2, 2, 2, 3, 5, 5, 1, 2},
    {2, 1, 12, 12, 10, 3, 3},
    {2, 16, 9, 10, 33, 3, 2, 3, 1},
};

Conv2dShape shapeOf(const Row& r) {
  const auto out = [&](int32_t size, int32_t kernel) {
    return (size + 2 * r.pad - r.dilation * (kernel - 1) - 1) / r.stride + 1;
  };
  return {.batch = r.n,
          .inChannels = r.c,
          .inHeight = r.h,
          .inWidth = r.w,
          .outChannels = r.k,
          .outHeight = out(r.h, r.kh),
          .outWidth = out(r.w, r.kw),
          .kernelHeight = r.kh,
          .kernelWidth = r.kw,
          .strideHeight = r.stride,
          .strideWidth = r.stride,
          .padTop = r.pad,
          .padLeft = r.pad,
          .dilationHeight = r.dilation,
          .dilationWidth = r.dilation,
          .groups = r.groups};
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
    const std::string name =
        "conv2d (" + std::to_string(row.n) + ", " + std::to_string(row.c) + ", " + std::to_string(row.h) +
        ", " + std::to_string(row.w) + ") " + std::to_string(row.k) + " " + std::to_string(row.kh) + "x" +
        std::to_string(row.kw) + " s" + std::to_string(row.stride) + " p" + std::to_string(row.pad) + " d" +
        std::to_string(row.dilation) + " g" + std::to_string(row.groups);

    for (const bool hasBias : {false, true}) {
      const auto forward = [&](const Kernels& table, const Floats& from, const Floats& weights,
                               const Floats& biases) {
        Floats y(dy.size());
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
        Floats dw(w.size()), dbias(s.outChannels);
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
      Floats dx(x.size());
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
