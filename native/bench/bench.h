// The frame of the native bench: a row is a name, its work and a call; run() prints the least time, the rate
// and, for floating-point work, the share of the peak that peak.cpp measured in the same run, for every
// table. To add an operator: a function in bench/<family>.cpp and in main.cpp's list.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "test/harness.h"
#include "test/tables.h"

namespace lr::bench {

using test::Floats;
using test::randomFloats;

class Bench {
 public:
  Bench(std::string filter, std::string table, std::vector<int> threads);

  // flops: floating-point operations of one call
  void flops(const std::string& name, double flops, const std::function<void(const Kernels&)>& call);
  // bytes: memory that one call reads and writes
  void bytes(const std::string& name, double bytes, const std::function<void(const Kernels&)>& call);
  bool wants(const std::string& name) const { return name.find(filter_) != std::string::npos; }

 private:
  void row(const std::string& name, double work, bool isFlops,
           const std::function<void(const Kernels&)>& call);

  std::string filter_;
  std::vector<int> threads_;
  struct Timed {
    test::NamedTable table;
    double peak;  // GFLOP/s of one core
  };
  std::vector<Timed> tables_;
};

// Seconds of one call: the fastest of many batches of 2 ms or more, since whatever disturbs only adds time
double secondsOf(const std::function<void()>& call);

// The rate in GFLOP/s at which one core does independent multiply-adds in vectors of this table's width, by
// running them in registers; 0 for a table without hardware of its own.
double peakGflops(const std::string& table);

void benchGemm(Bench&);
void benchLinear(Bench&);
void benchConv(Bench&);
void benchPool(Bench&);
void benchElementwise(Bench&);
void benchReduce(Bench&);
void benchSoftmax(Bench&);
void benchNorm(Bench&);
void benchBinary(Bench&);
void benchStrided(Bench&);
void benchLoss(Bench&);
void benchOptim(Bench&);

}  // namespace lr::bench
