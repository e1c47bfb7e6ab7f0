// The threads of a block as fibers. To switch between two is to exchange stack pointers; the next one that
// can run, in the order of the block, follows one that waits. Built without ThreadSanitizer, for which the
// fibers are threads that share all of this without an order; with LR_EMU_TSAN it is told what orders them.
#include <sys/mman.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "emu/cuda_runtime.h"

#if !defined(__x86_64__)
#include <ucontext.h>
#endif
#if defined(LR_EMU_TSAN)
#include <sanitizer/tsan_interface.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#undef threadIdx
#undef blockIdx
#undef blockDim
#undef gridDim

#if defined(__x86_64__)
extern "C" void lrEmuSwitch(void** from, void* to);
asm(R"(
.text
.globl lrEmuSwitch
.hidden lrEmuSwitch
.type lrEmuSwitch, @function
lrEmuSwitch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size lrEmuSwitch, .-lrEmuSwitch
)");
#endif

namespace lr::emu {

void fail(const char* format, ...) {
  std::fputs("cuda-emu: ", stderr);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  std::fflush(stderr);
  std::_Exit(97);
}

namespace {

constexpr size_t kStack = 256 << 10, kMaxThreads = 1024, kWarp = 32;

// Threads that wait for each other. Where they meet by turns is told apart for ThreadSanitizer: what a thread
// does after one barrier is not before what another does after the same.
struct Barrier {
  size_t alive = 0, arrived = 0, turn = 0;
  const char* site = nullptr;
  char met[2];
};

struct Fiber {
#if defined(__x86_64__)
  void* stack = nullptr;
#else
  ucontext_t context;
#endif
  char* memory = nullptr;
  void* sanitizer = nullptr;  // what the sanitizer knows it by
  size_t number = 0;
  enum { kReady, kWaiting, kEnded } state = kEnded;
  const Barrier* waitsFor = nullptr;
  Place place;
};

class Engine {
 public:
  void run(dim3 grid, dim3 block, bool independent, const std::function<void()>& body);
  void wait(Barrier& barrier, const char* site);
  void syncThreads(const char* site) { wait(block_, site); }
  uint64_t exchange(uint64_t value, int from, const char* site);
  unsigned ballot(bool value, const char* site);
  int lane() const { return static_cast<int>(running_->number % kWarp); }

 private:
  struct Warp {
    Barrier barrier;
    uint64_t slots[2][kWarp];
    unsigned votes[2];
  };

  void runBlock(size_t threads, dim3 blockDim, const Place& of);
  void create(Fiber& fiber);
  void resume(Fiber& fiber);
  void leave();
  void release(Barrier& barrier);
  void end();
  static void entry();

  Fiber main_;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<size_t> order_;
  std::vector<size_t> rank_;  // of each fiber in the order
  Fiber* running_ = nullptr;
  Barrier block_;
  Warp warps_[kMaxThreads / kWarp];
  size_t threads_ = 0, left_ = 0;
  // What a block begins with is before its threads, and they are before what follows it, but not each other.
  char begins_ = 0, ends_ = 0;
  const std::function<void()>* body_ = nullptr;
  bool alone_ = false;
#if defined(__SANITIZE_ADDRESS__)
  bool fromMain_ = false;
  const void *leftBottom_ = nullptr, *mainBottom_ = nullptr;  // of the stack that was left, and of the host's
  size_t leftSize_ = 0, mainSize_ = 0;
#endif
  std::mt19937 random_{1};
};

std::mutex mutex;
Engine& engine() {
  static Engine* const instance = new Engine;
  return *instance;
}

enum class Order { kForward, kReverse, kShuffled };
Order orderOfThreads() {
  static const Order order = [] {
    const char* text = std::getenv("LR_EMU_ORDER");
    const std::string name = text != nullptr ? text : "forward";
    if (name == "forward") return Order::kForward;
    if (name == "reverse") return Order::kReverse;
    if (name == "shuffled") return Order::kShuffled;
    fail("LR_EMU_ORDER is %s, not forward, reverse or shuffled", text);
  }();
  return order;
}

template <class Body>
void forEachBlock(dim3 grid, const Body& body) {
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  for (uint64_t i = 0; i < blocks; ++i) {
    const uint64_t number = orderOfThreads() == Order::kReverse ? blocks - 1 - i : i;
    body(dim3(static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
              static_cast<unsigned>(number / grid.x / grid.y)));
  }
}

dim3 threadOf(size_t number, dim3 block) {
  const auto n = static_cast<unsigned>(number);
  return dim3(n % block.x, n / block.x % block.y, n / block.x / block.y);
}

void Engine::create(Fiber& fiber) {
  fiber.memory = static_cast<char*>(
      mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  if (fiber.memory == MAP_FAILED || mprotect(fiber.memory, 4096, PROT_NONE) != 0)
    fail("no memory for stacks");
#if defined(__x86_64__)
  auto* top = reinterpret_cast<void**>(fiber.memory + kStack);
  *--top = nullptr;  // where entry would return to; keeps its stack aligned
  *--top = reinterpret_cast<void*>(&Engine::entry);
  for (int i = 0; i < 6; ++i) *--top = nullptr;
  fiber.stack = top;
#else
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.memory;
  fiber.context.uc_stack.ss_size = kStack;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, &Engine::entry, 0);
#endif
#if defined(LR_EMU_TSAN)
  fiber.sanitizer = __tsan_create_fiber(0);
#endif
}

// What a thread runs: the kernel, in one block after another
void Engine::entry() {
  Engine& self = engine();
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(nullptr, &self.leftBottom_, &self.leftSize_);
  if (self.fromMain_) self.mainBottom_ = self.leftBottom_, self.mainSize_ = self.leftSize_;
#endif
  for (;;) {
#if defined(LR_EMU_TSAN)
    __tsan_acquire(&self.begins_);
#endif
    (*self.body_)();
#if defined(LR_EMU_TSAN)
    __tsan_release(&self.ends_);
#endif
    self.end();
  }
}

void Engine::resume(Fiber& fiber) {
  Fiber& from = *running_;
  running_ = &fiber;
  current = &fiber.place;
#if defined(LR_EMU_TSAN)
  __tsan_switch_to_fiber(fiber.sanitizer, 1);  // 1: without an order between the two
#endif
#if defined(__SANITIZE_ADDRESS__)
  void* fake = nullptr;
  fromMain_ = &from == &main_;
  const bool toMain = &fiber == &main_;
  __sanitizer_start_switch_fiber(&fake, toMain ? mainBottom_ : fiber.memory, toMain ? mainSize_ : kStack);
#endif
#if defined(__x86_64__)
  lrEmuSwitch(&from.stack, fiber.stack);
#else
  swapcontext(&from.context, &fiber.context);
#endif
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake, &leftBottom_, &leftSize_);
  if (fromMain_) mainBottom_ = leftBottom_, mainSize_ = leftSize_;
#endif
}

// To the next thread that can run, in the order of the block, or where there is none and all have ended, out
// of it
void Engine::leave() {
  if (left_ == 0) return resume(main_);
  const size_t from = rank_[running_->number];
  for (size_t i = 1; i <= threads_; ++i) {
    Fiber& fiber = *fibers_[order_[(from + i) % threads_]];
    if (fiber.state == Fiber::kReady) {
      if (&fiber != running_) resume(fiber);
      return;
    }
  }
  std::string sites;
  for (size_t i = 0; i < threads_; ++i) {
    if (fibers_[i]->state == Fiber::kWaiting && sites.find(fibers_[i]->waitsFor->site) == std::string::npos)
      sites += std::string(" ") + fibers_[i]->waitsFor->site;
  }
  fail("threads of a block wait for each other for ever:%s", sites.c_str());
}

void Engine::release(Barrier& barrier) {
  barrier.arrived = 0;
  barrier.site = nullptr;
  ++barrier.turn;
  for (size_t i = 0; i < threads_; ++i) {
    if (fibers_[i]->state == Fiber::kWaiting && fibers_[i]->waitsFor == &barrier)
      fibers_[i]->state = Fiber::kReady;
  }
}

void Engine::wait(Barrier& barrier, const char* site) {
  if (alone_) fail("a thread waits at %s in a kernel that was launched as one of independent threads", site);
  if (barrier.site != nullptr && std::strcmp(barrier.site, site) != 0)
    fail("some threads of a block wait at %s, others at %s", barrier.site, site);
  char* met = &barrier.met[barrier.turn % 2];
#if defined(LR_EMU_TSAN)
  __tsan_release(met);
#endif
  barrier.site = site;
  if (++barrier.arrived == barrier.alive) {
    release(barrier);
  } else {
    running_->state = Fiber::kWaiting;
    running_->waitsFor = &barrier;
    leave();
  }
#if defined(LR_EMU_TSAN)
  __tsan_acquire(met);
#endif
  (void)met;
}

void Engine::end() {
  running_->state = Fiber::kEnded;
  --left_;
  for (Barrier* barrier : {&block_, &warps_[running_->number / kWarp].barrier}) {
    --barrier->alive;
    if (barrier->alive > 0 && barrier->arrived == barrier->alive) release(*barrier);
  }
  leave();
}

uint64_t Engine::exchange(uint64_t value, int from, const char* site) {
  Warp& warp = warps_[running_->number / kWarp];
  const size_t turn = warp.barrier.turn % 2;
  warp.slots[turn][running_->number % kWarp] = value;
  wait(warp.barrier, site);
  return from < 0 || from >= static_cast<int>(kWarp) ? value : warp.slots[turn][from];
}

unsigned Engine::ballot(bool value, const char* site) {
  Warp& warp = warps_[running_->number / kWarp];
  unsigned& votes = warp.votes[warp.barrier.turn % 2];
  if (warp.barrier.arrived == 0) votes = 0;
  if (value) votes |= 1u << running_->number % kWarp;
  wait(warp.barrier, site);
  return votes;
}

void Engine::runBlock(size_t threads, dim3 blockDim, const Place& of) {
  threads_ = left_ = threads;
  block_.alive = threads;
  for (size_t warp = 0; warp * kWarp < threads; ++warp) {
    warps_[warp].barrier.alive = std::min(kWarp, threads - warp * kWarp);
  }
  for (size_t i = 0; i < threads; ++i) {
    Fiber& fiber = *fibers_[i];
    fiber.state = Fiber::kReady;
    fiber.place = of;
    fiber.place.threadIdx = threadOf(i, blockDim);
  }
  if (orderOfThreads() == Order::kShuffled) {
    std::shuffle(order_.begin(), order_.end(), random_);
    for (size_t i = 0; i < threads; ++i) rank_[order_[i]] = i;
  }
#if defined(LR_EMU_TSAN)
  __tsan_release(&begins_);
#endif
  resume(*fibers_[order_[0]]);
#if defined(LR_EMU_TSAN)
  __tsan_acquire(&ends_);
#endif
}

void Engine::run(dim3 grid, dim3 block, bool independent, const std::function<void()>& body) {
  const size_t threads = size_t{block.x} * block.y * block.z;
  const Place outside = {dim3(), dim3(), block, grid};
#if !defined(LR_EMU_TSAN)
  if (independent) {
    Place place = outside;
    current = &place;
    alone_ = true;
    forEachBlock(grid, [&](dim3 number) {
      place.blockIdx = number;
      for (size_t i = 0; i < threads; ++i) {
        place.threadIdx = threadOf(orderOfThreads() == Order::kReverse ? threads - 1 - i : i, block);
        body();
      }
    });
    alone_ = false;
    current = nullptr;
    return;
  }
#endif
  running_ = &main_;
#if defined(LR_EMU_TSAN)
  main_.sanitizer = __tsan_get_current_fiber();
#endif
  while (fibers_.size() < threads) {
    fibers_.push_back(std::make_unique<Fiber>());
    fibers_.back()->number = fibers_.size() - 1;
    create(*fibers_.back());
  }
  body_ = &body;
  alone_ = independent;
  order_.resize(threads);
  rank_.resize(threads);
  for (size_t i = 0; i < threads; ++i) {
    order_[i] = orderOfThreads() == Order::kReverse ? threads - 1 - i : i;
    rank_[order_[i]] = i;
  }
  forEachBlock(grid, [&](dim3 number) {
    Place of = outside;
    of.blockIdx = number;
    runBlock(threads, block, of);
  });
  alone_ = false;
  current = nullptr;
}

}  // namespace

Place* current = nullptr;

void run(dim3 grid, dim3 block, bool independent, const std::function<void()>& body) {
  const std::lock_guard<std::mutex> lock(mutex);
  engine().run(grid, block, independent, body);
}
void syncThreads(const char* site) { engine().syncThreads(site); }
uint64_t exchange(uint64_t value, int from, const char* site) { return engine().exchange(value, from, site); }
unsigned ballot(bool value, const char* site) { return engine().ballot(value, site); }
int lane() { return engine().lane(); }

}  // namespace lr::emu
