// The frame of the native tests. A test is a row: a name, what a table computes, and how far from the naive
// reference each element may be. check() runs the row on every table and at 1, 2, 3 and 8 threads, and holds
// that
// - every element is within its bound of what the naive table computes,
// - every thread count gives the same bits,
// - every table with fused multiply-add gives the same bits, and the table of a device does in rows of
// Bits::kAlike.
//   The summary prints a hash of them, to be compared between kinds of processors.
// To add an operator: its rows in test/<family>.cpp, its function in main.cpp's list.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "test/tables.h"

namespace lr::test {

using Floats = std::vector<float>;

struct Output {
  const char* name;
  Floats values;
};
using Outputs = std::vector<Output>;

// The allowed distance of each element from the reference; empty: none, and NaN is equal to NaN
using Bound = Floats;

// Whether a device, which adds up in an order of its own, gives the bits of the other tables: where nothing
// is added up, or always in the order that the operator says.
enum class Bits { kOwn, kAlike };

class Suite {
 public:
  explicit Suite(std::string filter, std::string table, int stride)
      : filter_(std::move(filter)), table_(std::move(table)), stride_(stride) {}

  // bounds(reference outputs) gives a Bound for each output.
  void check(const std::string& name, const std::function<Outputs(const Kernels&)>& compute,
             const std::function<std::vector<Bound>(const Outputs&)>& bounds, Bits bits = Bits::kOwn);
  // A row whose outputs equal the reference's bit by bit
  void checkExact(const std::string& name, const std::function<Outputs(const Kernels&)>& compute);
  // A test of something else than a table; body returns what is wrong, or "".
  void expect(const std::string& name, const std::function<std::string()>& body);

  int summary() const;

 private:
  bool wants(const std::string& name);
  void report(const std::string& name, const std::string& problem);

  std::string filter_, table_;
  int stride_, rows_ = 0;
  int passed_ = 0, failed_ = 0, notRun_ = 0;
  uint64_t fusedBits_ = 14695981039346656037ull;
};

// Uniform in [-1, 1), the same values for the same seed
Floats randomFloats(int64_t n, uint32_t seed);
// Below `limit`
std::vector<int32_t> randomInts(int64_t n, int32_t limit, uint32_t seed);
Floats squared(const Floats& x);

// For a value that is a sum of `terms` products: eps · (3 sqrt(terms) · root + 2 |reference|), where root is
// the root of the sum of the squares of the products, which the naive table computes from squared() inputs.
// Rounding errors of a sum of n independent terms of variance s² have a standard deviation of about eps/2 · n
// · s / sqrt(6) or less (partial sums grow as sqrt(i) · s), and root is sqrt(n) · s.
Bound sumBound(int64_t terms, const Floats& sumOfSquares, const Floats& reference);

// eps · ulps · max(|reference|, floor)
Bound relativeBound(double ulps, const Floats& reference, double floor = 0);

}  // namespace lr::test
