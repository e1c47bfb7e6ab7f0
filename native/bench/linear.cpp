#include "bench/bench.h"

namespace lr::bench {

void benchLinear(Bench& bench) {
  for (const LinearShape& s :
       {LinearShape{64, 9216, 128}, {64, 128, 10}, {256, 1024, 1024}, {1, 9216, 128}, {6400, 10, 3}}) {
    const Floats x = randomFloats(int64_t{s.rows} * s.inFeatures, 1),
                 w = randomFloats(int64_t{s.outFeatures} * s.inFeatures, 2);
    const Floats dy = randomFloats(int64_t{s.rows} * s.outFeatures, 3), bias = randomFloats(s.outFeatures, 4);
    Floats y(dy.size()), dx(x.size()), dw(w.size()), dbias(bias.size());
    const double flops = 2.0 * s.rows * s.inFeatures * s.outFeatures;
    const std::string name = "linear " + std::to_string(s.rows) + "x" + std::to_string(s.inFeatures) + "x" +
                             std::to_string(s.outFeatures);
    bench.flops(name + " forward", flops, [&](const Kernels& table) {
      table.linearForward(s, x.data(), w.data(), bias.data(), y.data());
    });
    bench.flops(name + " backward input", flops,
                [&](const Kernels& table) { table.linearBackwardInput(s, dy.data(), w.data(), dx.data()); });
    bench.flops(name + " backward weight", flops, [&](const Kernels& table) {
      table.linearBackwardWeight(s, x.data(), dy.data(), dw.data(), dbias.data());
    });
  }
}

}  // namespace lr::bench
