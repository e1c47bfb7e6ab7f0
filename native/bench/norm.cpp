#include "bench/bench.h"

namespace lr::bench {

// Bytes: x read and y written; x and dy read and dx written.
void benchNorm(Bench& bench) {
  const LayerNormShape layer = {256, 1024, 1}, rms = {256, 1024, 0}, tall = {8192, 256, 1};
  const GroupNormShape group = {32, 64, 3136, 32};
  const BatchNormShape batch = {32, 64, 3136, 1}, flat = {256, 1024, 1, 1};
  const auto run = [&](const std::string& name, int64_t size, int64_t parameters, int64_t sets,
                       const auto& forward, const auto& backward) {
    if (!bench.wants(name)) return;
    const Floats x = randomFloats(size, 1), dy = randomFloats(size, 2), weight(parameters, 1),
                 bias(parameters, 0);
    Floats y(size), mean(sets), scale(sets), dx(size), dw(parameters), db(parameters);
    const double bytes = 4.0 * static_cast<double>(size);
    bench.bytes(name + " forward", 2 * bytes, [&](const Kernels& table) {
      forward(table, x.data(), weight.data(), bias.data(), y.data(), mean.data(), scale.data());
    });
    bench.bytes(name + " backward", 3 * bytes, [&](const Kernels& table) {
      backward(table, x.data(), weight.data(), mean.data(), scale.data(), dy.data(), dx.data(), dw.data(),
               db.data());
    });
  };
  const auto layerNorm = [&](const std::string& name, const LayerNormShape& s) {
    run(
        name, int64_t{s.rows} * s.length, s.length, s.rows,
        [&](const Kernels& table, auto... arrays) { table.layerNormForward(s, 1e-5, arrays...); },
        [&](const Kernels& table, auto... arrays) { table.layerNormBackward(s, 1e-5, arrays...); });
  };
  layerNorm("layerNorm 256x1024", layer);
  layerNorm("layerNorm 8192x256", tall);
  layerNorm("rmsNorm 256x1024", rms);
  run(
      "groupNorm (32, 64, 3136) by 32", int64_t{32} * 64 * 3136, 64, 32 * 32,
      [&](const Kernels& table, auto... arrays) { table.groupNormForward(group, 1e-5, arrays...); },
      [&](const Kernels& table, auto... arrays) { table.groupNormBackward(group, 1e-5, arrays...); });
  const auto batchNorm = [&](const std::string& name, const BatchNormShape& s) {
    run(
        name, int64_t{s.batch} * s.channels * s.inner, s.channels, s.channels,
        [&](const Kernels& table, auto* x, auto* weight, auto* bias, auto* y, auto* mean, auto* variance) {
          table.batchNormForward(s, 1e-5, x, weight, bias, mean, variance, y);
        },
        [&](const Kernels& table, auto... arrays) { table.batchNormBackward(s, 1e-5, arrays...); });
  };
  batchNorm("batchNorm (32, 64, 3136)", batch);
  batchNorm("batchNorm 256x1024", flat);
}

}  // namespace lr::bench
