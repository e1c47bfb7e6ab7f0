// layerNorm, groupNorm and batchNorm with their gradients against the naive table
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

// x is uniform in [offset - 1, offset + 1): what is normalised has a standard deviation of about 0.58.
struct Values {
  Floats x, dy, weight, bias;

  Values(int64_t size, int64_t parameters, float offset)
      : x(randomFloats(size, 1)),
        dy(randomFloats(size, 2)),
        weight(randomFloats(parameters, 3)),
        bias(randomFloats(parameters, 4)) {
    for (float& value : x) value += offset;
    for (float& value : weight) value += 1.5f;
  }
};

constexpr double kEps = 1e-5;

// Of sets of `together` elements; the largest factor 1 / sqrt(variance + eps) is `scale`. x - mean rounds by
// eps · (|offset| + 1), which the factor amplifies.
std::vector<Bound> forwardBounds(const Outputs& reference, double offset, double scale) {
  const double error = 3 * (offset + 1);
  return {relativeBound(6, reference[0].values, 2.5 * scale * error),
          relativeBound(error, reference[1].values, 1 + offset),
          relativeBound(16 + 2 * error * scale * scale, reference[2].values)};
}

// dx is scale · (g - mean - normal · mean of products), each about 2.5; dweight and dbias sum `terms`
// products.
std::vector<Bound> backwardBounds(const Outputs& reference, double offset, double scale, double terms) {
  const double error = 4 * (offset + 1);
  return {relativeBound(8, reference[0].values, 2.5 * scale * (error * scale + 4)),
          relativeBound(4, reference[1].values,
                        2 * std::sqrt(terms) * (error * scale + std::sqrt(terms) / 8 + 2)),
          relativeBound(4, reference[2].values, 2 * std::sqrt(terms) * (std::sqrt(terms) / 8 + 1))};
}

double largest(const Floats& values) {
  double most = 0;
  for (const float value : values) most = std::fmax(most, std::fabs(value));
  return most;
}

// How often weight, bias, and each of the gradients is there
struct Present {
  const char* name;
  bool weight, bias, dx, parameters;
};
const Present kPresent[] = {{"", true, true, true, true},
                            {" without affine", false, false, true, false},
                            {" without bias", true, false, true, true},
                            {" without dx", true, true, false, true}};

template <class T>
T* if_(bool present, T* pointer) {
  return present ? pointer : nullptr;
}

// Forward and backward of an operator that keeps mean and rstd of `sets` sets
template <class Shape, class Forward, class Backward>
void testNorm(Suite& suite, const std::string& name, const Shape& s, int64_t size, int64_t parameters,
              int64_t sets, bool centered, float offset, Forward forwardOp, Backward backwardOp) {
  const Values v(size, parameters, offset);
  for (const Present& has : kPresent) {
    const auto forward = [&](const Kernels& table) {
      Floats y(size, NAN), mean(sets), rstd(sets, NAN);
      (table.*forwardOp)(s, kEps, v.x.data(), if_(has.weight, v.weight.data()), if_(has.bias, v.bias.data()),
                         y.data(), if_(centered, mean.data()), rstd.data());
      return Outputs{{"y", y}, {"mean", mean}, {"rstd", rstd}};
    };
    const Outputs kept = forward(kNaive);
    const double scale = largest(kept[2].values);
    suite.check(name + has.name + " forward", forward,
                [&](const Outputs& reference) { return forwardBounds(reference, offset, scale); });
    suite.check(
        name + has.name + " backward",
        [&](const Kernels& table) {
          Floats dx(has.dx ? size : 0, NAN), dw(parameters, 0), db(parameters, 0);
          (table.*backwardOp)(s, kEps, v.x.data(), if_(has.weight, v.weight.data()),
                              if_(centered, kept[1].values.data()), kept[2].values.data(), v.dy.data(),
                              if_(has.dx, dx.data()), if_(has.parameters, dw.data()),
                              if_(has.parameters, db.data()));
          return Outputs{{"dx", dx}, {"dweight", dw}, {"dbias", db}};
        },
        [&](const Outputs& reference) {
          return backwardBounds(reference, offset, scale, static_cast<double>(size / parameters));
        });
  }
}

void testBatchNorm(Suite& suite, const BatchNormShape& s, float offset) {
  const int64_t size = int64_t{s.batch} * s.channels * s.inner;
  const Values v(size, s.channels, offset);
  const std::string name = "batchNorm (" + std::to_string(s.batch) + ", " + std::to_string(s.channels) +
                           ", " + std::to_string(s.inner) + ")" + (s.training != 0 ? " training" : "") +
                           " offset " + std::to_string(offset);
  for (const Present& has : kPresent) {
    const auto forward = [&](const Kernels& table) {
      Floats y(size, NAN), mean(s.channels, offset), variance(s.channels, 0.4f);
      table.batchNormForward(s, kEps, v.x.data(), if_(has.weight, v.weight.data()),
                             if_(has.bias, v.bias.data()), mean.data(), variance.data(), y.data());
      return Outputs{{"y", y}, {"mean", mean}, {"variance", variance}};
    };
    const Outputs kept = forward(kNaive);
    double scale = 0;
    for (const float variance : kept[2].values) scale = std::fmax(scale, 1 / std::sqrt(variance + kEps));
    suite.check(name + has.name + " forward", forward,
                [&](const Outputs& reference) { return forwardBounds(reference, offset, scale); });
    suite.check(
        name + has.name + " backward",
        [&](const Kernels& table) {
          Floats dx(has.dx ? size : 0, NAN), dw(s.channels, 0), db(s.channels, 0);
          table.batchNormBackward(s, kEps, v.x.data(), if_(has.weight, v.weight.data()),
                                  kept[1].values.data(), kept[2].values.data(), v.dy.data(),
                                  if_(has.dx, dx.data()), if_(has.parameters, dw.data()),
                                  if_(has.parameters, db.data()));
          return Outputs{{"dx", dx}, {"dweight", dw}, {"dbias", db}};
        },
        [&](const Outputs& reference) {
          return backwardBounds(reference, offset, scale, static_cast<double>(size / s.channels));
        });
  }
}

}  // namespace

void testNorm(Suite& suite) {
  for (const int64_t n : {1, 17, 70000}) {
    for (const double share : {0.1, 1.0}) {
      const Floats x = randomFloats(n, 1), y = randomFloats(n, 2);
      suite.check(
          "movingAverage " + std::to_string(n) + " share " + std::to_string(share),
          [&](const Kernels& table) {
            Floats moved = share == 1 ? Floats(n, NAN) : y;
            table.movingAverage(n, share, 1.25, x.data(), moved.data());
            return Outputs{{"y", moved}};
          },
          [&](const Outputs& reference) {
            return std::vector<Bound>{relativeBound(2, reference[0].values, 1)};
          });
    }
  }
  for (const float offset : {0.0f, 100.0f}) {
    for (const int32_t centered : {1, 0}) {
      for (const LayerNormShape& s : {LayerNormShape{3, 5, centered},
                                      {1, 16, centered},
                                      {33, 100, centered},
                                      {300, 64, centered},
                                      {70, 1024, centered},
                                      {2, 9001, centered},
                                      {4, 2, centered}}) {
        testNorm(suite,
                 (centered != 0 ? "layerNorm " : "rmsNorm ") + std::to_string(s.rows) + "x" +
                     std::to_string(s.length) + " offset " + std::to_string(offset),
                 s, int64_t{s.rows} * s.length, s.length, s.rows, centered != 0, offset,
                 &Kernels::layerNormForward, &Kernels::layerNormBackward);
      }
    }
    for (const GroupNormShape& s : {GroupNormShape{2, 6, 9, 3},
                                    {3, 4, 2, 2},
                                    {2, 8, 49, 1},
                                    {2, 8, 49, 8},
                                    {5, 4, 1, 2},
                                    {2, 4, 5000, 2},
                                    {9, 32, 64, 8}}) {
      testNorm(suite,
               "groupNorm (" + std::to_string(s.batch) + ", " + std::to_string(s.channels) + ", " +
                   std::to_string(s.inner) + ") by " + std::to_string(s.groups) + " offset " +
                   std::to_string(offset),
               s, int64_t{s.batch} * s.channels * s.inner, s.channels, int64_t{s.batch} * s.groups, true,
               offset, &Kernels::groupNormForward, &Kernels::groupNormBackward);
    }
    for (const int32_t training : {1, 0}) {
      for (const BatchNormShape& s : {BatchNormShape{2, 3, 1, training},
                                      {64, 100, 1, training},
                                      {700, 300, 1, training},
                                      {4, 3, 5, training},
                                      {8, 16, 49, training},
                                      {3, 5, 5000, training},
                                      {300, 2, 64, training},
                                      {1, 7, 20, training}}) {
        testBatchNorm(suite, s, offset);
      }
    }
  }
}

}  // namespace lr::test
