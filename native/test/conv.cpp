// conv2d and its gradients against the naive table, by every algorithm that the shape allows. To add a shape:
// a row.
//
// The bound of a Winograd convolution. Its output is a sum of products of transformed inputs and weights,
// weighted with the rows of Aᵀ. For independent inputs and weights of zero mean the sum of the squares of
// these products is factor² times that of the direct sum's, where along one axis, with the rows B_p of Bᵀ,
// G_p of G, the columns A_p of Aᵀ,
//   factor = max over outputs i of sum over p of A_ip² |G_p|² |B_p|² / 3           (y, dx)
//   factor = max over taps j of sum over p of G_pj² |A_p|² |B_p|² / M              (dw)
// The products are summed in one chain over the channels (dw: the tiles of a block), and (M + 2)² further
// operations transform an element. So the bound is sumBound() of that many terms, with factor · the largest
// root of the output: a tile's elements share their rounding errors.
#include <cmath>
#include <initializer_list>
#include <string>

#include "test/suites.h"
#include "test/tables.h"

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
    {19, 2, 6, 17, 2, 3, 3, 1, 1, 0, 2, 2, 0, 1, 1, 2},
    {1, 3, 3, 40, 3, 3, 3, 1, 1, 2, 0, 2, 0, 1, 1, 3},
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
    // many input channels for few output channels
    {5, 40, 9, 11, 5, 3, 3, 2, 1, 1, 1, 1, 1},
    {2, 70, 8, 9, 3, 2, 3, 1, 1, 0, 1, 1, 0, 2, 1},
    {3, 96, 7, 7, 12, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3},
    {2, 128, 20, 18, 35, 3, 3, 1, 1, 1, 1, 1, 1},
    // what Winograd's tiles do not divide: blocks of a thread's own and shared ones, padding 0 to 2 on a side
    {2, 35, 13, 15, 34, 3, 3, 1, 1, 2, 0, 0, 2},
    {40, 32, 9, 10, 33, 3, 3, 1, 1, 1, 1, 1, 1},
    {1, 64, 4, 70, 32, 3, 3, 1, 1, 2, 2, 2, 2},
    {3, 3, 3, 3, 2, 3, 3, 1, 1, 2, 2, 2, 2},
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
          .groups = r.groups,
          .algorithm = kConvDirect};
}

struct Algorithm {
  const char* name;
  ConvAlgorithm value;
  int32_t tile;  // M, 0 for direct
  double factor, weightFactor;
};
const Algorithm kAlgorithms[] = {
    {"", kConvDirect, 0, 0, 0},
    {", winograd2", kConvWinograd2, 2, 5.0 / 3, 2.0},
    {", winograd4", kConvWinograd4, 4, 94.0 / 9, 307.0 / 36},
};

// terms: of the chain, and for direct of the sum
Bound boundOf(const Algorithm& algorithm, double factor, int64_t directTerms, int64_t chain, Floats squares,
              const Floats& reference) {
  if (algorithm.tile == 0) return sumBound(directTerms, squares, reference);
  float largest = 0;
  for (const float square : squares) largest = std::fmax(largest, square);
  for (float& square : squares) square = static_cast<float>(factor * factor) * largest;
  return sumBound(chain + (algorithm.tile + 2) * (algorithm.tile + 2), squares, reference);
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

void testShape(Suite& suite, const Conv2dShape& s, const Algorithm& algorithm, const std::string& name) {
  const int32_t inGroup = s.inChannels / s.groups, outGroup = s.outChannels / s.groups;
  const int64_t taps = int64_t{s.kernelHeight} * s.kernelWidth;
  const Floats x = randomFloats(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth, 1);
  const Floats w = randomFloats(s.outChannels * inGroup * taps, 2);
  const Floats bias = randomFloats(s.outChannels, 3);
  const Floats dy = randomFloats(int64_t{s.batch} * s.outChannels * s.outHeight * s.outWidth, 4);
  const Floats x2 = squared(x), w2 = squared(w), bias2 = squared(bias), dy2 = squared(dy);

  for (const bool hasRelu : {false, true}) {
    Conv2dShape shape = s;
    shape.relu = hasRelu;
    const auto forward = [&](const Kernels& table, const Floats& from, const Floats& weights,
                             const Floats& biases) {
      Floats y(dy.size(), NAN);
      table.conv2dForward(shape, from.data(), weights.data(), hasRelu ? biases.data() : nullptr, y.data());
      return y;
    };
    suite.check(
        name + (hasRelu ? " forward, bias and relu" : " forward"),
        [&](const Kernels& table) { return Outputs{{"y", forward(table, x, w, bias)}}; },
        [&](const Outputs& reference) {
          return std::vector<Bound>{boundOf(algorithm, algorithm.factor, inGroup * taps + 1, inGroup,
                                            forward(kNaive, x2, w2, bias2), reference[0].values)};
        });
  }
  for (const bool hasBias : {false, true}) {
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
          const int64_t tile = algorithm.tile == 0 ? 1 : algorithm.tile;
          const int64_t tiles =
              s.batch * ((s.outHeight + tile - 1) / tile) * ((s.outWidth + tile - 1) / tile);
          return std::vector<Bound>{boundOf(algorithm, algorithm.weightFactor, terms, tiles,
                                            squares[0].values, reference[0].values),
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
        return std::vector<Bound>{boundOf(algorithm, algorithm.factor, outGroup * taps, outGroup,
                                          backwardInput(kNaive, dy2, w2), reference[0].values)};
      });
}

// The maxima of windows of the outputs, and where they are, as the table finds them in two steps
void testPooled(Suite& suite, Conv2dShape s, const std::string& name) {
  const int32_t planes = s.batch * s.outChannels, high = s.outHeight / 2, wide = s.outWidth / 2;
  if (high == 0 || wide == 0) return;
  Floats x = randomFloats(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth, 1);
  const Floats w = randomFloats(int64_t{s.outChannels} * s.inChannels * 9, 2),
               bias = randomFloats(s.outChannels, 3);
  x[x.size() / 2] = NAN;
  x[x.size() / 3] = INFINITY;
  const Pool2dShape pool = {planes, s.outHeight, s.outWidth, high, wide, 2, 2, 2, 2, 0, 0, 1, 1};
  for (const NamedTable& table : allTables()) {
    if (table.kernels == nullptr || table.kernels->fusesMaxPool == nullptr) continue;
    for (const int32_t relu : {0, 1}) {
      s.relu = relu;
      suite.expect(name + (relu ? " relu" : "") + " max-pool " + table.name, [&]() -> std::string {
        const Kernels& kernels = *table.kernels;
        if (!kernels.fusesMaxPool(s)) return "is not fused";
        Floats image(int64_t{planes} * s.outHeight * s.outWidth, NAN);
        Floats maxima(int64_t{planes} * high * wide, NAN), expected = maxima;
        std::vector<int32_t> index(maxima.size(), -1), expectedIndex = index;
        kernels.conv2dForward(s, x.data(), w.data(), relu ? bias.data() : nullptr, image.data());
        kernels.maxPool2dForward(pool, image.data(), expected.data(), expectedIndex.data());
        kernels.conv2dMaxPoolForward(s, x.data(), w.data(), relu ? bias.data() : nullptr, maxima.data(),
                                     index.data());
        for (size_t i = 0; i < maxima.size(); ++i) {
          const bool bothNaN = std::isnan(maxima[i]) && std::isnan(expected[i]);
          if ((bothNaN || maxima[i] == expected[i]) && index[i] == expectedIndex[i]) continue;
          return "element " + std::to_string(i) + ": " + std::to_string(maxima[i]) + " at " +
                 std::to_string(index[i]) + ", not " + std::to_string(expected[i]) + " at " +
                 std::to_string(expectedIndex[i]);
        }
        return "";
      });
    }
  }
}

}  // namespace

void testConv(Suite& suite) {
  for (const Row& row : kRows) {
    for (const Algorithm& algorithm : kAlgorithms) {
      Conv2dShape s = shapeOf(row);
      s.algorithm = algorithm.value;
      if (algorithm.tile != 0 &&
          (s.kernelHeight != 3 || s.kernelWidth != 3 || s.strideHeight != 1 || s.strideWidth != 1 ||
           s.dilationHeight != 1 || s.dilationWidth != 1 || s.groups != 1)) {
        continue;
      }
      testShape(suite, s, algorithm, nameOf(row) + algorithm.name);
      if (algorithm.tile != 0) testPooled(suite, s, nameOf(row) + algorithm.name);
    }
  }
}

}  // namespace lr::test
