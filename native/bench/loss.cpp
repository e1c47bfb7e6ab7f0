#include "bench/bench.h"

namespace lr::bench {

// Bytes: logits read, logProbs written; backward the other way round.
void benchLoss(Bench& bench) {
  for (const CrossEntropyShape& s : {CrossEntropyShape{64, 10, 1, -100, kReductionMean},
                                     {256, 1000, 1, -100, kReductionMean},
                                     {4096, 1000, 1, -100, kReductionMean},
                                     {8, 21, 65536, -100, kReductionMean}}) {
    const int64_t targets = int64_t{s.batch} * s.inner, n = targets * s.classes;
    const std::string name = "crossEntropy (" + std::to_string(s.batch) + ", " + std::to_string(s.classes) +
                             ", " + std::to_string(s.inner) + ")";
    if (!bench.wants(name + " forward") && !bench.wants(name + " backward")) continue;
    const Floats logits = randomFloats(n, 1);
    const std::vector<int32_t> target = test::randomInts(targets, s.classes, 2);
    Floats logProbs(n), dlogits(n);
    float loss = 0;
    const float dloss = 1;
    bench.bytes(name + " forward", 8.0 * static_cast<double>(n), [&](const Kernels& table) {
      table.crossEntropyForward(s, 0, logits.data(), target.data(), nullptr, logProbs.data(), &loss);
    });
    bench.bytes(name + " backward", 8.0 * static_cast<double>(n), [&](const Kernels& table) {
      table.crossEntropyBackward(s, 0, logProbs.data(), target.data(), nullptr, &dloss, dlogits.data());
    });
  }
  const int64_t n = 1 << 20;
  const Floats x = randomFloats(n, 1), target = randomFloats(n, 2);
  Floats dx(n);
  float loss = 0;
  const float dloss = 1;
  struct Row {
    const char* name;
    int32_t kind;
  };
  for (const Row& row : {Row{"mse", kLossMse}, {"bce with logits", kLossBceWithLogits}}) {
    bench.bytes(std::string(row.name) + " forward", 8.0 * n, [&](const Kernels& table) {
      table.pointwiseLossForward(row.kind, 0, 0, n, kReductionMean, x.data(), target.data(), nullptr, &loss);
    });
    bench.bytes(std::string(row.name) + " backward", 12.0 * n, [&](const Kernels& table) {
      table.pointwiseLossBackward(row.kind, 0, 0, n, kReductionMean, x.data(), target.data(), nullptr, &dloss,
                                  dx.data(), nullptr, nullptr);
    });
  }
}

}  // namespace lr::bench
