#include "bench/bench.h"
#include "test/walks.h"

namespace lr::bench {

void benchStrided(Bench& bench) {
  struct Row {
    const char* name;
    std::vector<int32_t> shape, x, y;
  };
  const Row rows[] = {
      {"permute NCHW NHWC 32 64 56 56", {32, 3136, 64}, {200704, 1, 3136}, {200704, 64, 1}},
      {"permute NHWC NCHW 32 56 56 64", {32, 64, 3136}, {200704, 1, 64}, {200704, 3136, 1}},
      {"transpose 2048 2048", {2048, 2048}, {1, 2048}, {2048, 1}},
      {"expand a row 4096 1024", {4096, 1024}, {0, 1}, {1024, 1}},
  };
  for (const Row& row : rows) {
    if (!bench.wants(row.name)) continue;
    const Strided s = test::strided(row.shape, {{row.x}, {row.y}});
    const Floats x = randomFloats(s.sizes[0], 1);
    Floats y(s.sizes[1]);
    bench.bytes(row.name, 4.0 * static_cast<double>(s.sizes[0] + s.sizes[1]),
                [&](const Kernels& table) { table.copy(s, x.data(), y.data()); });
  }
  const RowsShape s{1, 30000, 4096, 512, -1};
  const char *forward = "embedding 30000 512 of 4096", *backward = "embedding backward 30000 512 of 4096";
  if (!bench.wants(forward) && !bench.wants(backward)) return;
  const std::vector<int32_t> index = test::randomInts(s.count, s.length, 1);
  Floats weight = randomFloats(int64_t{s.length} * s.inner, 1),
         y = randomFloats(int64_t{s.count} * s.inner, 2);
  const double moved = 8.0 * s.count * s.inner, zeroed = 4.0 * s.length * s.inner;
  bench.bytes(forward, moved,
              [&](const Kernels& table) { table.gatherRows(s, weight.data(), index.data(), y.data()); });
  bench.bytes(backward, moved + zeroed, [&](const Kernels& table) {
    table.gatherRowsBackward(s, y.data(), index.data(), weight.data());
  });
}

}  // namespace lr::bench
