// The thread pool. Workers sleep between jobs, after a short spin. A job's units are cut into one range a
// thread: each takes its own from the front, then those of others from the back. So neighbouring units, whose
// arrays lie side by side, are mostly one core's, and the same core's from one job to the next; and the
// caller never waits for a worker that has not begun: on a busy machine it does the work alone.
//
// The pool is never destroyed and its threads are never joined at exit: they sleep or hold no lock that
// anybody needs, and end with the process. One job runs at a time; a second caller (another Node worker) runs
// its units itself.
#include "lr/parallel.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace lr {
namespace {

constexpr int kMaxThreads = 256;
constexpr int64_t kMaxUnits = INT32_MAX;
constexpr auto kSpin = std::chrono::microseconds(30);

thread_local bool insideJob = false;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins for kSpin, then sleeps until `value` is no longer `old`.
template <class T>
void waitWhile(std::atomic<T>& value, T old) {
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (value.load(std::memory_order_acquire) != old) return;
      pause();
    }
  } while (std::chrono::steady_clock::now() < end);
  value.wait(old, std::memory_order_acquire);
}

// Units that are left, taken from either end
class Range {
 public:
  void set(int64_t begin, int64_t end) { ends_.store(pack(begin, end), std::memory_order_relaxed); }
  int64_t takeFirst() {
    return take([](int64_t begin, int64_t end) { return Taken{begin, begin + 1, end}; });
  }
  int64_t takeLast() {
    return take([](int64_t begin, int64_t end) { return Taken{end - 1, begin, end - 1}; });
  }

 private:
  struct Taken {
    int64_t unit, begin, end;
  };
  static uint64_t pack(int64_t begin, int64_t end) {
    return static_cast<uint64_t>(begin) << 32 | static_cast<uint64_t>(end);
  }
  // A unit, or -1 when none is left
  template <class Choose>
  int64_t take(const Choose& choose) {
    uint64_t ends = ends_.load(std::memory_order_relaxed);
    for (;;) {
      const auto begin = static_cast<int64_t>(ends >> 32), end = static_cast<int64_t>(ends & UINT32_MAX);
      if (begin >= end) return -1;
      const Taken taken = choose(begin, end);
      if (ends_.compare_exchange_weak(ends, pack(taken.begin, taken.end), std::memory_order_relaxed))
        return taken.unit;
    }
  }

  alignas(64) std::atomic<uint64_t> ends_{0};
};

class Pool {
 public:
  void run(int64_t units, void (*body)(void*, int64_t), void* context) {
    const int helpers = wanted_.load(std::memory_order_relaxed) - 1;
    if (units <= 1 || units > kMaxUnits || helpers < 1 || insideJob || !mutex_.try_lock()) {
      for (int64_t unit = 0; unit < units; ++unit) body(context, unit);
      return;
    }
    std::lock_guard<std::mutex> lock(mutex_, std::adopt_lock);
    if (static_cast<int>(workers_.size()) != helpers) resize(helpers);
    job_ = {body, context};
    const int threads = helpers + 1;
    for (int i = 0; i < threads; ++i) ranges_[i].set(i * units / threads, (i + 1) * units / threads);
    open_.store(true);
    generation_.fetch_add(1);
    generation_.notify_all();
    insideJob = true;
    drain(0);
    insideJob = false;
    open_.store(false);
    for (int32_t active; (active = active_.load()) != 0;) waitWhile(active_, active);
  }

  int threads() const { return wanted_.load(std::memory_order_relaxed); }
  void setThreads(int threads) {
    wanted_.store(threads < 1 ? 1 : threads > kMaxThreads ? kMaxThreads : threads, std::memory_order_relaxed);
  }

 private:
  struct Job {
    void (*body)(void*, int64_t);
    void* context;
  };

  void drain(int self) {
    const int threads = static_cast<int>(workers_.size()) + 1;
    for (int64_t unit; (unit = ranges_[self].takeFirst()) >= 0;) job_.body(job_.context, unit);
    for (int i = 1; i < threads; ++i) {
      Range& other = ranges_[(self + i) % threads];
      for (int64_t unit; (unit = other.takeLast()) >= 0;) job_.body(job_.context, unit);
    }
  }

  // Called with the mutex held and no job open
  void resize(int helpers) {
    stop_.store(true);
    generation_.fetch_add(1);
    generation_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
    stop_.store(false);
    const uint32_t seen = generation_.load();
    for (int i = 1; i <= helpers; ++i) workers_.emplace_back([this, i, seen] { work(i, seen); });
  }

  // A worker enters a job by counting itself in and only then looking whether the job is open; the caller
  // closes the job and only then looks whether anyone is in. So no worker reads a job that its caller has
  // left.
  void work(int self, uint32_t seen) {
    insideJob = true;
    for (;;) {
      waitWhile(generation_, seen);
      seen = generation_.load();
      if (stop_.load()) return;
      active_.fetch_add(1);
      if (open_.load()) drain(self);
      if (active_.fetch_sub(1) == 1) active_.notify_all();
    }
  }

  std::mutex mutex_;
  std::vector<std::thread> workers_;
  Job job_ = {};
  std::atomic<int> wanted_{defaultThreads()};
  std::atomic<bool> stop_{false};
  alignas(64) std::atomic<uint32_t> generation_{0};
  Range ranges_[kMaxThreads];
  alignas(64) std::atomic<bool> open_{false};
  std::atomic<int32_t> active_{0};

  static int defaultThreads() {
    if (const char* text = std::getenv("LR_THREADS")) {
      const int threads = std::atoi(text);
      if (threads >= 1) return threads < kMaxThreads ? threads : kMaxThreads;
    }
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    const unsigned cores = std::thread::hardware_concurrency();
    return cores == 0 ? 1 : static_cast<int>(cores);
  }
};

Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

struct ScratchBlocks {
  void* data[kScratchSlots] = {};
  int64_t bytes[kScratchSlots] = {};
  ~ScratchBlocks() {
    for (void* block : data) std::free(block);
  }
};

}  // namespace

void parallelFor(int64_t units, void (*body)(void*, int64_t), void* context) {
  pool().run(units, body, context);
}

int threadCount() { return pool().threads(); }
void setThreadCount(int threads) { pool().setThreads(threads); }

void* scratch(int slot, int64_t bytes) {
  thread_local ScratchBlocks blocks;
  if (blocks.bytes[slot] < bytes) {
    std::free(blocks.data[slot]);
    const int64_t rounded = (bytes + bytes / 4 + 4095) / 4096 * 4096;
    blocks.data[slot] = std::aligned_alloc(64, rounded);
    blocks.bytes[slot] = blocks.data[slot] == nullptr ? 0 : rounded;
    if (blocks.data[slot] == nullptr) std::abort();
  }
  return blocks.data[slot];
}

}  // namespace lr
