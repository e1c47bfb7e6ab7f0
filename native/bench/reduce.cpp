#include "bench/bench.h"

namespace lr::bench {

// Bytes: x read, or dx written; outputs are few.
void benchReduce(Bench& bench) {
  const struct {
    const char* name;
    ReduceShape shape;
    int64_t outputs;
  } rows[] = {{"all of 16777216", {1, 1, {1 << 24}}, 1},
              {"rows of 4096x1024", {2, 0, {4096, 1024}}, 4096},
              {"columns of 4096x1024", {2, 1, {4096, 1024}}, 1024},
              {"columns of 1000000x3", {2, 1, {1000000, 3}}, 3},
              {"channels of (32, 64, 3136)", {3, 1, {32, 64, 3136}}, 64}};
  const char* const kinds[] = {"sum", "max", "variance", "logSumExp"};
  const int32_t numbers[] = {kReduceSum, kReduceMax, kReduceVariance, kReduceLogSumExp};
  for (const auto& row : rows) {
    if (!bench.wants("reduce " + std::string(row.name))) continue;
    int64_t size = 1;
    for (int32_t d = 0; d < row.shape.dims; ++d) size *= row.shape.lengths[d];
    const Floats x = randomFloats(size, 1), dy(row.outputs, 1);
    Floats y(row.outputs), dx(size);
    for (int k = 0; k < 4; ++k) {
      bench.bytes(
          "reduce " + std::string(row.name) + " " + kinds[k], 4.0 * static_cast<double>(size),
          [&](const Kernels& table) { table.reduceForward(numbers[k], 1, row.shape, x.data(), y.data()); });
    }
    bench.bytes("reduce " + std::string(row.name) + " sum backward", 4.0 * static_cast<double>(size),
                [&](const Kernels& table) {
                  table.reduceBackward(kReduceSum, 0, row.shape, x.data(), y.data(), dy.data(), dx.data());
                });
  }
}

}  // namespace lr::bench
