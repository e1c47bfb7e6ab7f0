// gemm against the naive table: tiles, tails, transposes, strides between rows, accumulation, several blocks
// of k.
#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  int32_t m, n, k;
  int32_t slack = 0;  // by how much each stored row is longer than it must be
};

const Row kRows[] = {
    {1, 1, 1},        {1, 1, 7},      {1, 16, 33},    {2, 3, 4},       {3, 1, 5},       {5, 7, 11},
    {6, 16, 8},       {7, 17, 9},     {12, 31, 16},   {13, 33, 17},    {14, 32, 64},    {15, 64, 3},
    {16, 16, 16},     {17, 15, 1},    {19, 29, 31},   {28, 65, 40},    {29, 10, 128},   {31, 100, 23},
    {64, 10, 128},    {10, 128, 64},  {64, 128, 10},  {97, 89, 83},    {1, 128, 300},   {1, 10, 1031},
    {113, 48, 500},   {120, 70, 513}, {64, 64, 1025}, {33, 47, 1601},  {230, 530, 37},  {449, 9, 20},
    {6, 1040, 65},    {2, 4100, 5},   {4100, 3, 2},   {5, 7, 11, 3},   {14, 32, 20, 1}, {61, 45, 530, 5},
    {130, 70, 70, 9}, {1, 64, 64, 2}, {64, 1, 64, 2}, {256, 256, 256}, {127, 255, 255}, {8, 8, 4096},
    {4, 1000, 512},   {1, 1000, 512}, {16, 33, 2048}, {2, 100, 1030},  {2, 7, 3},       {1, 33, 5, 7},
    {2, 65, 600, 3},  {100, 1, 37},   {33, 1, 1100},  {9, 1, 4},       {20, 1, 30, 2},  {300, 2, 64},
};

std::string nameOf(const GemmShape& s) {
  return "gemm " + std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) + " " +
         (s.transposeA ? "T" : "N") + (s.transposeB ? "T" : "N") + (s.accumulate ? " +=" : "") + " ldc " +
         std::to_string(s.ldc);
}

}  // namespace

void testGemm(Suite& suite) {
  for (const Row& row : kRows) {
    for (int form = 0; form < 8; ++form) {
      const int32_t transposeA = form & 1, transposeB = form >> 1 & 1, accumulate = form >> 2;
      const GemmShape s = {.m = row.m,
                           .n = row.n,
                           .k = row.k,
                           .lda = (transposeA ? row.m : row.k) + row.slack,
                           .ldb = (transposeB ? row.k : row.n) + row.slack,
                           .ldc = row.n + row.slack,
                           .transposeA = transposeA,
                           .transposeB = transposeB,
                           .accumulate = accumulate};
      // Each array ends with its last element, not with its last row's slack: nothing beyond may be touched.
      const auto length = [&](int32_t rows, int32_t cols, int32_t ld) {
        return int64_t{rows - 1} * ld + cols;
      };
      const int64_t sizeA = transposeA ? length(row.k, row.m, s.lda) : length(row.m, row.k, s.lda);
      const int64_t sizeB = transposeB ? length(row.n, row.k, s.ldb) : length(row.k, row.n, s.ldb);
      const Floats a = randomFloats(sizeA, 1), b = randomFloats(sizeB, 2),
                   c = randomFloats(length(row.m, row.n, s.ldc), 3);
      suite.check(
          nameOf(s),
          [&](const Kernels& table) {
            Floats result = c;
            table.gemm(s, a.data(), b.data(), result.data());
            return Outputs{{"c", result}};
          },
          [&](const Outputs& reference) {
            Floats squares = squared(c);
            const Floats a2 = squared(a), b2 = squared(b);
            kNaive.gemm(s, a2.data(), b2.data(), squares.data());
            // Between the rows, where nothing may be written, the reference has the old values and the bound
            // is eps.
            return std::vector<Bound>{sumBound(row.k + 1, squares, reference[0].values)};
          });
    }
  }
}

}  // namespace lr::test
