#include "bench/bench.h"

namespace lr::bench {

// Bytes: x read and y written; y and dy read and dx written.
void benchSoftmax(Bench& bench) {
  for (const AxisShape& s : {AxisShape{256, 1000, 1}, {64 * 12 * 128, 128, 1}, {64, 10, 1}, {8, 21, 65536}}) {
    const int64_t size = int64_t{s.outer} * s.length * s.inner;
    const std::string name = "softmax (" + std::to_string(s.outer) + ", " + std::to_string(s.length) + ", " +
                             std::to_string(s.inner) + ")";
    if (!bench.wants(name)) continue;
    const Floats x = randomFloats(size, 1), dy = randomFloats(size, 2);
    Floats y(size), dx(size);
    const double bytes = 4.0 * static_cast<double>(size);
    bench.bytes(name + " forward", 2 * bytes,
                [&](const Kernels& table) { table.softmaxForward(s, 0, x.data(), y.data()); });
    bench.bytes(name + " backward", 3 * bytes,
                [&](const Kernels& table) { table.softmaxBackward(s, y.data(), dy.data(), dx.data()); });
    bench.bytes(name + " log forward", 2 * bytes,
                [&](const Kernels& table) { table.logSoftmaxForward(s, x.data(), y.data()); });
    bench.bytes(name + " log backward", 3 * bytes,
                [&](const Kernels& table) { table.logSoftmaxBackward(s, y.data(), dy.data(), dx.data()); });
  }
}

}  // namespace lr::bench
