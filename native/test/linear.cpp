// linear and its gradients against the naive table
#include "test/suites.h"

namespace lr::test {
namespace {

const LinearShape kRows[] = {
    {1, 1, 1},   {1, 10, 3},    {5, 1, 9},    {7, 13, 11},  {64, 128, 10}, {64, 300, 128}, {3, 9216, 128},
    {80, 10, 3}, {257, 33, 17}, {2, 5, 1000}, {1000, 3, 2}, {31, 31, 31},  {1, 9216, 128}, {1, 128, 10},
};

}  // namespace

void testLinear(Suite& suite) {
  for (const LinearShape& s : kRows) {
    const Floats x = randomFloats(int64_t{s.rows} * s.inFeatures, 1);
    const Floats w = randomFloats(int64_t{s.outFeatures} * s.inFeatures, 2);
    const Floats dy = randomFloats(int64_t{s.rows} * s.outFeatures, 3);
    const Floats bias = randomFloats(s.outFeatures, 4);
    const Floats x2 = squared(x), w2 = squared(w), dy2 = squared(dy), bias2 = squared(bias);
    const std::string name = "linear " + std::to_string(s.rows) + "x" + std::to_string(s.inFeatures) + "x" +
                             std::to_string(s.outFeatures);

    for (const bool hasBias : {false, true}) {
      const auto forward = [&](const Kernels& table, const Floats& from, const Floats& weights,
                               const Floats& biases) {
        Floats y(dy.size());
        table.linearForward(s, from.data(), weights.data(), hasBias ? biases.data() : nullptr, y.data());
        return y;
      };
      suite.check(
          name + (hasBias ? " forward, bias" : " forward"),
          [&](const Kernels& table) { return Outputs{{"y", forward(table, x, w, bias)}}; },
          [&](const Outputs& reference) {
            return std::vector<Bound>{
                sumBound(s.inFeatures + 1, forward(kNaive, x2, w2, bias2), reference[0].values)};
          });

      const auto backwardWeight = [&](const Kernels& table, const Floats& from, const Floats& gradient) {
        Floats dw(w.size()), dbias(s.outFeatures);
        table.linearBackwardWeight(s, from.data(), gradient.data(), dw.data(),
                                   hasBias ? dbias.data() : nullptr);
        return Outputs{{"dw", dw}, {"dbias", dbias}};
      };
      suite.check(
          name + (hasBias ? " backward weight, bias" : " backward weight"),
          [&](const Kernels& table) { return backwardWeight(table, x, dy); },
          [&](const Outputs& reference) {
            const Outputs squares = backwardWeight(kNaive, x2, dy2);
            return std::vector<Bound>{sumBound(s.rows, squares[0].values, reference[0].values),
                                      sumBound(s.rows, squares[1].values, reference[1].values)};
          });
    }

    const auto backwardInput = [&](const Kernels& table, const Floats& gradient, const Floats& weights) {
      Floats dx(x.size());
      table.linearBackwardInput(s, gradient.data(), weights.data(), dx.data());
      return dx;
    };
    suite.check(
        name + " backward input",
        [&](const Kernels& table) { return Outputs{{"dx", backwardInput(table, dy, w)}}; },
        [&](const Outputs& reference) {
          return std::vector<Bound>{
              sumBound(s.outFeatures, backwardInput(kNaive, dy2, w2), reference[0].values)};
        });
  }
}

}  // namespace lr::test
