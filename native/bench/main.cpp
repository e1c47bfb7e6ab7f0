// lr-bench [--filter TEXT] [--table NAME] [--threads 1,2] [--clock wall|cpu]
// cpu: the time that the calling thread ran, which other programs do not lengthen; for one thread on a busy
// machine.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "bench/bench.h"
#include "lr/parallel.h"

namespace lr::bench {

namespace {
bool cpuClock = false;

double now() {
  if (cpuClock) {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

double secondsOf(const std::function<void()>& call) {
  const auto seconds = [&](int64_t calls) {
    const double begin = now();
    for (int64_t i = 0; i < calls; ++i) call();
    return now() - begin;
  };
  call();
  int64_t calls = 1;
  while (seconds(calls) < 0.002) calls *= 2;
  double least = seconds(calls);
  for (double spent = least; spent < 0.4;) {
    const double batch = seconds(calls);
    spent += batch;
    least = std::min(least, batch);
  }
  return least / static_cast<double>(calls);
}

Bench::Bench(std::string filter, std::string table, std::vector<int> threads)
    : filter_(std::move(filter)), threads_(std::move(threads)) {
  for (const test::NamedTable& candidate : test::allTables()) {
    if (candidate.kernels == nullptr || candidate.name.find(table) == std::string::npos) continue;
    const double peak = peakGflops(candidate.name);
    if (peak == 0) continue;
    tables_.push_back({candidate, peak});
    std::printf("%s: peak %.1f GFLOP/s a core\n", candidate.name.c_str(), peak);
  }
}

void Bench::flops(const std::string& name, double flops, const std::function<void(const Kernels&)>& call) {
  row(name, flops, true, call);
}

void Bench::bytes(const std::string& name, double bytes, const std::function<void(const Kernels&)>& call) {
  row(name, bytes, false, call);
}

void Bench::row(const std::string& name, double work, bool isFlops,
                const std::function<void(const Kernels&)>& call) {
  if (!wants(name)) return;
  for (const Timed& timed : tables_) {
    for (const int threads : threads_) {
      setThreadCount(threads);
      const double seconds = secondsOf([&] { call(*timed.table.kernels); });
      const double rate = work / seconds / 1e9;
      std::printf("%-44s %-9s %dT %10.4f ms %8.1f %s", name.c_str(), timed.table.name.c_str(), threads,
                  seconds * 1e3, rate, isFlops ? "GFLOP/s" : "GB/s");
      if (isFlops) std::printf(" %5.1f %%", 100 * rate / (timed.peak * threads));
      std::printf("\n");
    }
  }
}

}  // namespace lr::bench

int main(int argc, char** argv) {
  std::string filter, table;
  std::vector<int> threads = {1, 2};
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--filter") == 0) filter = argv[i + 1];
    if (std::strcmp(argv[i], "--table") == 0) table = argv[i + 1];
    if (std::strcmp(argv[i], "--clock") == 0) lr::bench::cpuClock = std::strcmp(argv[i + 1], "cpu") == 0;
    if (std::strcmp(argv[i], "--threads") == 0) {
      threads.clear();
      for (char* at = argv[i + 1]; *at != '\0'; at += *at == ',')
        threads.push_back(static_cast<int>(std::strtol(at, &at, 10)));
    }
  }
  lr::bench::Bench bench(filter, table, threads);
  lr::bench::benchGemm(bench);
  lr::bench::benchLinear(bench);
  lr::bench::benchConv(bench);
  lr::bench::benchPool(bench);
  lr::bench::benchElementwise(bench);
  lr::bench::benchReduce(bench);
  lr::bench::benchSoftmax(bench);
  lr::bench::benchNorm(bench);
  lr::bench::benchBinary(bench);
  lr::bench::benchStrided(bench);
  lr::bench::benchLoss(bench);
  lr::bench::benchOptim(bench);
  return 0;
}
