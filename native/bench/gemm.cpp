#include "bench/bench.h"

namespace lr::bench {

void benchGemm(Bench& bench) {
  struct Row {
    int32_t m, n, k;
  };
  const Row rows[] = {{256, 256, 256}, {512, 512, 512}, {1024, 1024, 1024}, {2048, 2048, 2048},
                      {64, 128, 9216}, {64, 9216, 128}, {128, 9216, 64},    {256, 1024, 1024},
                      {64, 10, 128},   {1, 128, 9216},  {1, 1024, 1024},    {16, 16, 16},
                      {32, 32, 32},    {64, 64, 64}};
  for (const Row& row : rows) {
    for (int form = 0; form < 3; ++form) {
      const int32_t transposeA = form == 2, transposeB = form == 1;
      const GemmShape s = {
          row.m,      row.n,      row.k, transposeA ? row.m : row.k, transposeB ? row.k : row.n, row.n,
          transposeA, transposeB, 0};
      const std::string name = "gemm " + std::to_string(row.m) + "x" + std::to_string(row.n) + "x" +
                               std::to_string(row.k) +
                               (form == 0   ? " NN"
                                : form == 1 ? " NT"
                                            : " TN");
      if (!bench.wants(name)) continue;
      const Floats a = randomFloats(int64_t{row.m} * row.k, 1), b = randomFloats(int64_t{row.k} * row.n, 2);
      Floats c(int64_t{row.m} * row.n);
      bench.flops(name, 2.0 * row.m * row.n * row.k,
                  [&](const Kernels& table) { table.gemm(s, a.data(), b.data(), c.data()); });
    }
  }
  const GemmBatchShape batches[] = {{128, 128, 64, 0, 0, 0, 96, 1, 1, 0, 1, 0, 1, 0},
                                    {96, 128, 64, 0, 0, 0, 96, 1, 1, 0, 1, 0, 1, 0},
                                    {256, 256, 64, 0, 1, 0, 8, 1, 1, 0, 1, 0, 1, 0}};
  for (const GemmBatchShape& s : batches) {
    const std::string name = "gemmBatch " + std::to_string(s.outer) + " of " + std::to_string(s.m) + "x" +
                             std::to_string(s.n) + "x" + std::to_string(s.k) + (s.transposeB ? " NT" : " NN");
    if (!bench.wants(name)) continue;
    const Floats a = randomFloats(int64_t{s.outer} * s.m * s.k, 1);
    const Floats b = randomFloats(int64_t{s.outer} * s.k * s.n, 2);
    Floats c(int64_t{s.outer} * s.m * s.n);
    bench.flops(name, 2.0 * s.outer * s.m * s.n * s.k,
                [&](const Kernels& table) { table.gemmBatch(s, a.data(), b.data(), c.data()); });
  }
}

}  // namespace lr::bench
