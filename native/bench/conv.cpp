// conv2d and its gradients. Rows: batch, channels, image size, output channels, kernel, stride, padding,
// groups.
#include "bench/bench.h"

namespace lr::bench {
namespace {

struct Row {
  int32_t n, c, size, k, kernel, stride, pad;
  int32_t groups = 1;
};

const Row kRows[] = {
    {32, 64, 56, 64, 3, 1, 1},     {32, 128, 28, 128, 3, 1, 1}, {32, 256, 14, 256, 3, 1, 1},
    {32, 512, 7, 512, 3, 1, 1},    {32, 64, 56, 64, 1, 1, 0},   {32, 256, 56, 64, 1, 1, 0},
    {32, 64, 56, 128, 3, 2, 1},    {16, 3, 224, 64, 7, 2, 3},   {64, 1, 28, 32, 3, 1, 0},
    {64, 32, 26, 64, 3, 1, 0},     {8, 64, 12, 10, 3, 1, 0},    {1, 64, 56, 64, 3, 1, 1},
    {32, 64, 56, 64, 3, 1, 1, 64},
};

Conv2dShape shapeOf(const Row& r) {
  const int32_t out = (r.size + 2 * r.pad - r.kernel) / r.stride + 1;
  return {.batch = r.n,
          .inChannels = r.c,
          .inHeight = r.size,
          .inWidth = r.size,
          .outChannels = r.k,
          .outHeight = out,
          .outWidth = out,
          .kernelHeight = r.kernel,
          .kernelWidth = r.kernel,
          .strideHeight = r.stride,
          .strideWidth = r.stride,
          .padTop = r.pad,
          .padLeft = r.pad,
          .dilationHeight = 1,
          .dilationWidth = 1,
          .groups = r.groups,
          .algorithm = kConvAuto};
}

const struct {
  const char* name;
  ConvAlgorithm algorithm;
} kAlgorithms[] = {{"direct", kConvDirect}, {"winograd2", kConvWinograd2}, {"winograd4", kConvWinograd4}};

}  // namespace

void benchConv(Bench& bench) {
  for (const Row& row : kRows) {
    Conv2dShape s = shapeOf(row);
    std::string name = "conv2d (";
    for (const int32_t value : {row.n, row.c, row.size, row.k, row.kernel, row.stride, row.pad, row.groups}) {
      if (name.back() != '(') name += ',';
      name += std::to_string(value);
    }
    name += ") ";
    const auto wants = [&](const char* pass) {
      for (const auto& [algorithm, value] : kAlgorithms) {
        if (bench.wants(name + pass + algorithm)) return true;
      }
      return false;
    };
    if (!wants("forward ") && !wants("input ") && !wants("weight ")) continue;
    const int64_t products = int64_t{s.inChannels} / s.groups * s.kernelHeight * s.kernelWidth;
    const Floats x = randomFloats(int64_t{s.batch} * s.inChannels * s.inHeight * s.inWidth, 1);
    const Floats w = randomFloats(s.outChannels * products, 2), bias = randomFloats(s.outChannels, 3);
    const Floats dy = randomFloats(int64_t{s.batch} * s.outChannels * s.outHeight * s.outWidth, 4);
    Floats y(dy.size()), dx(x.size()), dw(w.size()), dbias(bias.size());
    const double flops = 2.0 * static_cast<double>(dy.size()) * static_cast<double>(products);
    for (const auto& [algorithm, value] : kAlgorithms) {
      s.algorithm = value;
      if (value != kConvDirect && (s.kernelHeight != 3 || s.strideHeight != 1 || s.groups != 1)) continue;
      bench.flops(name + "forward " + algorithm, flops, [&](const Kernels& table) {
        table.conv2dForward(s, x.data(), w.data(), bias.data(), y.data());
      });
      bench.flops(name + "input " + algorithm, flops, [&](const Kernels& table) {
        table.conv2dBackwardInput(s, dy.data(), w.data(), dx.data());
      });
      bench.flops(name + "weight " + algorithm, flops, [&](const Kernels& table) {
        table.conv2dBackwardWeight(s, x.data(), dy.data(), dw.data(), dbias.data());
      });
    }
  }
}

}  // namespace lr::bench
