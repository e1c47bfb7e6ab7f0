// dropout against the naive table
#include "test/suites.h"

namespace lr::test {

void testDropout(Suite& suite) {
  struct Row {
    int64_t n, inner;
  };
  for (const Row& row : {Row{1, 1}, {17, 1}, {70001, 1}, {60, 4}, {70007, 7}, {3 * 40000, 40000}}) {
    const Floats x = randomFloats(row.n, 1);
    const std::vector<int32_t> drawn = randomInts(row.n / row.inner, 2, 2);
    const std::vector<uint8_t> mask(drawn.begin(), drawn.end());
    suite.checkExact(
        "dropout " + std::to_string(row.n) + " by " + std::to_string(row.inner), [&](const Kernels& table) {
          Floats plain(row.n), shifted(row.n);
          table.dropout(1.25, 0, 0, row.inner, row.n, x.data(), mask.data(), plain.data());
          table.dropout(0.75, 0.1, -0.6, row.inner, row.n, x.data(), mask.data(), shifted.data());
          return Outputs{{"y", plain}, {"shifted", shifted}};
        });
  }
}

}  // namespace lr::test
