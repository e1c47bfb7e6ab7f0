// Operators on each element by itself: equal to the naive table bit by bit
#include <cmath>

#include "test/suites.h"

namespace lr::test {

void testElementwise(Suite& suite) {
  for (const int64_t n : {1, 2, 3, 5, 8, 15, 16, 17, 33, 100, 4099, 70001}) {
    Floats x = randomFloats(n, 1);
    const Floats dy = randomFloats(n, 2);
    x[n / 2] = NAN;
    x[n / 3] = INFINITY;
    const std::string count = std::to_string(n);
    suite.checkExact("accumulate " + count, [&](const Kernels& table) {
      Floats y = dy;
      table.accumulate(n, x.data(), y.data());
      return Outputs{{"y", y}};
    });
  }
}

}  // namespace lr::test
