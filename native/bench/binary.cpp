#include "bench/bench.h"
#include "test/walks.h"

namespace lr::bench {

void benchBinary(Bench& bench) {
  struct Row {
    const char* name;
    int32_t kind;
    std::vector<int32_t> shape, a, b;
  };
  const Row rows[] = {
      {"add 4M", kBinaryAdd, {1 << 22}, {1}, {1}},
      {"mul 4M", kBinaryMul, {1 << 22}, {1}, {1}},
      {"add 16K", kBinaryAdd, {1 << 14}, {1}, {1}},
      {"mul by a number 4M", kBinaryMul, {1 << 22}, {1}, {0}},
      {"add a row 4096 1024", kBinaryAdd, {4096, 1024}, {1024, 1}, {0, 1}},
      {"add a column 4096 1024", kBinaryAdd, {4096, 1024}, {1024, 1}, {1, 0}},
      {"pow 1M", kBinaryPow, {1 << 20}, {1}, {1}},
  };
  for (const Row& row : rows) {
    if (!bench.wants(row.name)) continue;
    const Strided s = test::strided(row.shape, {{row.a}, {row.b}});
    const int64_t n = test::places(s);
    Floats a = randomFloats(s.sizes[0], 1);
    const Floats b = randomFloats(s.sizes[1], 2);
    if (row.kind == kBinaryPow)
      for (float& value : a) value = value * value + 0.1f;
    Floats y(n);
    bench.bytes(row.name, 4.0 * static_cast<double>(n + s.sizes[0] + s.sizes[1]), [&](const Kernels& table) {
      table.binaryForward(row.kind, s, a.data(), b.data(), y.data());
    });
  }
  for (const auto& [name, kind] :
       {std::pair{"sin 1M", kUnarySin}, {"expm1 1M", kUnaryExpm1}, {"erfc 1M", kUnaryErfc}}) {
    if (!bench.wants(name)) continue;
    const int64_t n = 1 << 20;
    const Floats x = randomFloats(n, 1);
    Floats y(n);
    bench.bytes(name, 8.0 * static_cast<double>(n), [&, kind = kind](const Kernels& table) {
      table.unaryForward(kind, 0, 0, n, x.data(), y.data());
    });
  }
}

}  // namespace lr::bench
