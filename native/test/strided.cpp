// Copies with strides: equal to the naive table bit by bit
#include "test/suites.h"
#include "test/walks.h"

namespace lr::test {
namespace {

struct Row {
  const char* name;
  std::vector<int32_t> shape;
  Walk x, y;
};
const Row kRows[] = {
    {"1", {1}, {{1}}, {{1}}},
    {"70001", {70001}, {{1}}, {{1}}},
    {"expand a number", {1037}, {{0}}, {{1}}},
    {"expand a row", {37, 130}, {{0, 1}}, {{130, 1}}},
    {"expand a column", {37, 130}, {{1, 0}}, {{130, 1}}},
    {"transpose 3 5", {5, 3}, {{1, 5}}, {{3, 1}}},
    {"transpose 64 64", {64, 64}, {{1, 64}}, {{64, 1}}},
    {"transpose 67 131", {131, 67}, {{1, 131}}, {{67, 1}}},
    {"transpose 200 333", {333, 200}, {{1, 333}}, {{200, 1}}},
    {"NCHW to NHWC", {2, 56, 37}, {{2072, 1, 56}}, {{2072, 37, 1}}},
    {"NHWC to NCHW", {2, 37, 56}, {{2072, 1, 37}}, {{2072, 56, 1}}},
    {"permute 2 0 1", {4, 5, 7}, {{1, 28, 4}}, {{35, 7, 1}}},
    {"flip", {1037}, {{-1}, 1036}, {{1}}},
    {"flip rows", {5, 33}, {{-33, 1}, 132}, {{33, 1}}},
    {"every third", {345}, {{3}, 2, 1040}, {{1}}},
    {"into every third", {345}, {{1}}, {{3}, 2, 1040}},
    {"a part of columns", {9, 20}, {{50, 1}, 13, 450}, {{20, 1}}},
    {"into a part of columns", {9, 20}, {{20, 1}}, {{50, 1}, 13, 450}},
    {"a diagonal", {31}, {{34}, 1, 1089}, {{1}}},
    {"eight dimensions",
     {2, 2, 2, 2, 2, 2, 2, 3},
     {{1, 3, 6, 12, 24, 48, 96, 192}},
     {{192, 96, 48, 24, 12, 6, 3, 1}}},
};

}  // namespace

void testStrided(Suite& suite) {
  for (const Row& row : kRows) {
    const Strided s = strided(row.shape, {row.x, row.y});
    const Floats x = randomFloats(s.sizes[0], 1), before = randomFloats(s.sizes[1], 2);
    suite.checkExact(std::string("copy ") + row.name, [&](const Kernels& table) {
      Floats y = before;
      table.copy(s, x.data(), y.data());
      return Outputs{{"y", y}};
    });
    suite.checkExact(std::string("copy bytes ") + row.name, [&](const Kernels& table) {
      std::vector<uint8_t> from(x.size()), to(before.size(), 7);
      for (size_t i = 0; i < x.size(); ++i) from[i] = static_cast<uint8_t>(100 + 100 * x[i]);
      table.copyBytes(s, from.data(), to.data());
      return Outputs{{"y", Floats(to.begin(), to.end())}};
    });
  }
}

}  // namespace lr::test
