#include "bench/bench.h"

namespace lr::bench {

void benchElementwise(Bench& bench) {
  for (const int64_t n : {int64_t{1} << 14, int64_t{1} << 20, int64_t{1} << 24}) {
    const double size = 4.0 * static_cast<double>(n);
    const std::string count = " " + std::to_string(n);
    if (!bench.wants("relu forward" + count) && !bench.wants("relu backward" + count) &&
        !bench.wants("accumulate" + count)) {
      continue;
    }
    const Floats x = randomFloats(n, 1), dy = randomFloats(n, 2);
    Floats out(n);
    bench.bytes("relu forward" + count, 2 * size,
                [&](const Kernels& table) { table.unaryForward(kUnaryRelu, 0, 0, n, x.data(), out.data()); });
    bench.bytes("relu backward" + count, 3 * size, [&](const Kernels& table) {
      table.unaryBackward(kUnaryRelu, 0, 0, n, x.data(), x.data(), dy.data(), out.data());
    });
    bench.bytes("accumulate" + count, 3 * size,
                [&](const Kernels& table) { table.accumulate(n, x.data(), out.data()); });
  }
}

}  // namespace lr::bench
