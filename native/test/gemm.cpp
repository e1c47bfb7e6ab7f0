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
    {1, 1, 1},        {1, 1, 7},         {1, 16, 33},     {2, 3, 4},       {3, 1, 5},       {5, 7, 11},
    {6, 16, 8},       {7, 17, 9},        {12, 31, 16},    {13, 33, 17},    {14, 32, 64},    {15, 64, 3},
    {16, 16, 16},     {17, 15, 1},       {19, 29, 31},    {28, 65, 40},    {29, 10, 128},   {31, 100, 23},
    {64, 10, 128},    {10, 128, 64},     {64, 128, 10},   {97, 89, 83},    {1, 128, 300},   {1, 10, 1031},
    {113, 48, 500},   {120, 70, 513},    {64, 64, 1025},  {33, 47, 1601},  {230, 530, 37},  {449, 9, 20},
    {6, 1040, 65},    {2, 4100, 5},      {4100, 3, 2},    {5, 7, 11, 3},   {14, 32, 20, 1}, {61, 45, 530, 5},
    {130, 70, 70, 9}, {1, 64, 64, 2},    {64, 1, 64, 2},  {256, 256, 256}, {127, 255, 255}, {8, 8, 4096},
    {4, 1000, 512},   {1, 1000, 512},    {16, 33, 2048},  {2, 100, 1030},  {2, 7, 3},       {1, 33, 5, 7},
    {520, 530, 600},  {40, 70, 4200, 3}, {530, 1100, 40}, {2, 65, 600, 3}, {100, 1, 37},    {33, 1, 1100},
    {9, 1, 4},        {20, 1, 30, 2},    {300, 2, 64},
};

std::string nameOf(const GemmShape& s) {
  return "gemm " + std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k) + " " +
         (s.transposeA ? "T" : "N") + (s.transposeB ? "T" : "N") + (s.accumulate ? " +=" : "") + " ldc " +
         std::to_string(s.ldc);
}

struct BatchRow {
  int32_t m, n, k;
  int32_t outer, inner;
  int32_t outerA, innerA, outerB, innerB, outerC, innerC;
};

const BatchRow kBatchRows[] = {
    {3, 4, 5, 1, 1, 0, 0, 0, 0, 0, 0},     {7, 9, 11, 1, 6, 0, 1, 0, 1, 0, 1},
    {1, 33, 17, 2, 3, 3, 1, 3, 1, 3, 1},   {31, 2, 40, 2, 3, 0, 1, 1, 0, 3, 1},  // both broadcast
    {16, 16, 16, 4, 2, 1, 0, 2, 1, 2, 1},  {5, 6, 7, 3, 4, 4, 1, 4, 1, 0, 1},    // sums over the outer
    {20, 18, 33, 3, 4, 4, 1, 4, 1, 1, 0},  {9, 8, 7, 2, 3, 3, 1, 3, 1, 0, 0},    // over the inner, over both
    {64, 96, 128, 5, 1, 1, 0, 1, 0, 1, 0}, {250, 250, 250, 2, 1, 1, 0, 1, 0, 1, 0},
};

void testGemmBatch(Suite& suite, const BatchRow& row) {
  for (int form = 0; form < 8; ++form) {
    const GemmBatchShape s = {row.m,      row.n,      row.k,      form & 1,   form >> 1 & 1,
                              form >> 2,  row.outer,  row.inner,  row.outerA, row.innerA,
                              row.outerB, row.innerB, row.outerC, row.innerC};
    const auto matrices = [&](int64_t outer, int64_t inner) {
      return (s.outer - 1) * outer + (s.inner - 1) * inner + 1;
    };
    const Floats a = randomFloats(matrices(s.outerA, s.innerA) * s.m * s.k, 1);
    const Floats b = randomFloats(matrices(s.outerB, s.innerB) * s.k * s.n, 2);
    const Floats c = randomFloats(matrices(s.outerC, s.innerC) * s.m * s.n, 3);
    std::string name = "gemmBatch " + std::to_string(s.m) + "x" + std::to_string(s.n) + "x" +
                       std::to_string(s.k) + " of " + std::to_string(s.outer) + "x" +
                       std::to_string(s.inner) + " form " + std::to_string(form);
    suite.check(
        name,
        [&](const Kernels& table) {
          Floats result = c;
          table.gemmBatch(s, a.data(), b.data(), result.data());
          return Outputs{{"c", result}};
        },
        [&](const Outputs& reference) {
          Floats squares = squared(c);
          const Floats a2 = squared(a), b2 = squared(b);
          kNaive.gemmBatch(s, a2.data(), b2.data(), squares.data());
          const int64_t pairs = (s.outerC > 0 ? 1 : s.outer) * (s.innerC > 0 ? 1 : s.inner);
          return std::vector<Bound>{sumBound(row.k * pairs + 1, squares, reference[0].values)};
        });
  }
}

}  // namespace

void testGemm(Suite& suite) {
  for (const BatchRow& row : kBatchRows) testGemmBatch(suite, row);
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
