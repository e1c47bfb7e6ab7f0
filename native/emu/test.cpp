// The emulator's own tests: that what threads of a block do together means what it does on a device, and that
// mistakes are found. A mistake ends the program, so each is made by a process of its own: this program with
// the mistake's name.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cuda/launch.h"
#include "lr/device.h"

namespace lr::emu {
namespace {

using cuda::kBlock;
using cuda::launch;

const Device& device = *cudaDevice();

struct Ints {
  explicit Ints(int64_t n) : size(n), memory(static_cast<int*>(device.allocate(n * 4))) {
    const std::vector<int> zeros(static_cast<size_t>(n));
    device.copyIn(memory, zeros.data(), n * 4);
  }
  std::vector<int> get() const {
    std::vector<int> values(static_cast<size_t>(size));
    device.copyOut(values.data(), memory, size * 4);
    return values;
  }
  int64_t size;
  int* memory;
};

// What is right
__global__ void reverseKernel(int* y) {
  __shared__ int shared[kBlock];
  shared[threadIdx.x] = static_cast<int>(threadIdx.x);
  __syncthreads();
  y[blockIdx.x * kBlock + threadIdx.x] = shared[kBlock - 1 - threadIdx.x];
}

__global__ void shuffleKernel(int* y) {
  const int self = static_cast<int>(threadIdx.x);
  int sum = self;
  for (int by = 16; by > 0; by /= 2) sum += __shfl_down_sync(0xffffffffu, sum, by);
  const int first = __shfl_sync(0xffffffffu, sum, 0);
  const unsigned odd = __ballot_sync(0xffffffffu, self % 2 == 1);
  y[self] = first + static_cast<int>(odd != 0xaaaaaaaau);
}

// Threads that return early are not waited for.
__global__ void earlyKernel(int* y) {
  __shared__ int shared[kBlock];
  if (threadIdx.x >= 100) return;
  shared[threadIdx.x] = 1;
  __syncthreads();
  int sum = 0;
  for (int i = 0; i < 100; ++i) sum += shared[i];
  y[threadIdx.x] = sum;
}

__global__ void atomicKernel(int* y) { atomicOr(y + threadIdx.x % 4, 1 << (threadIdx.x / 4 % 31)); }

const char* wrongReverse() {
  const Ints y(3 * kBlock);
  launch(reverseKernel, dim3(3), kBlock, y.memory);
  const std::vector<int> values = y.get();
  for (int i = 0; i < 3 * kBlock; ++i) {
    if (values[i] != kBlock - 1 - i % kBlock) return "a barrier does not wait";
  }
  return nullptr;
}
const char* wrongShuffle() {
  const Ints y(kBlock);
  launch(shuffleKernel, dim3(1), kBlock, y.memory);
  const std::vector<int> values = y.get();
  for (int i = 0; i < kBlock; ++i) {
    if (values[i] != 32 * (i / 32 * 32) + 31 * 16) return "lanes of a warp get other values, or votes";
  }
  return nullptr;
}
const char* wrongEarly() {
  const Ints y(kBlock);
  launch(earlyKernel, dim3(1), kBlock, y.memory);
  const std::vector<int> values = y.get();
  for (int i = 0; i < kBlock; ++i) {
    if (values[i] != (i < 100 ? 100 : 0)) return "threads that have returned are waited for";
  }
  return nullptr;
}
const char* wrongAtomics() {
  const Ints y(4);
  launch(atomicKernel, dim3(1), kBlock, y.memory);
  for (const int value : y.get()) {
    if (value != 0x7fffffff) return "atomics lose what others did";
  }
  return nullptr;
}

// Mistakes
__global__ void missingBarrierKernel(int* y) {
  __shared__ int shared[kBlock];
  shared[threadIdx.x] = static_cast<int>(threadIdx.x) + static_cast<int>(blockIdx.x) * 1000;
  y[blockIdx.x * kBlock + threadIdx.x] = shared[(threadIdx.x + 100) % kBlock];
}
__global__ void pastEndKernel(int* y, int n) { y[threadIdx.x] = n; }
__global__ void divergingKernel(int* y) {
  if (threadIdx.x % 2 == 0) {
    __syncthreads();
  } else {
    y[0] = 1;
    __syncthreads();
  }
}
__global__ void waitingKernel(int*) { __syncthreads(); }

void missingBarrier() {
  const Ints y(2 * kBlock);
  launch(missingBarrierKernel, dim3(2), kBlock, y.memory);
  for (const int value : y.get()) std::printf("%d ", value);
}
void pastEnd() {
  const Ints y(kBlock - 1);
  launch(pastEndKernel, dim3(1), kBlock, y.memory, 7);
  device.synchronize();
}
void diverging() {
  const Ints y(1);
  launch(divergingKernel, dim3(1), kBlock, y.memory);
  device.synchronize();
}
void waiting() {
  const Ints y(1);
  launch<true>(waitingKernel, dim3(1), kBlock, y.memory);
  device.synchronize();
}
void hostMemory() {
  std::vector<int> y(kBlock);
  launch(pastEndKernel, dim3(1), kBlock, y.data(), 7);
  device.synchronize();
}
void tooManyThreads() {
  const Ints y(1);
  launch(waitingKernel, dim3(1), 2048, y.memory);
}
void freeInUse() {
  // The first block of a segment is where the segment is.
  const Ints y(int64_t{3} << 20);
  cudaFree(y.memory);
}

struct Mistake {
  const char* name;
  void (*make)();
  const char* found;  // a part of what is printed; null: the order of the threads tells
};
const Mistake kMistakes[] = {
    {"a missing barrier", missingBarrier, nullptr},
    {"a store past the end", pastEnd, "past the"},
    {"barriers that differ", diverging, "others at"},
    {"a barrier among independent threads", waiting, "independent"},
    {"memory of the host", hostMemory, "memory of the host"},
    {"too many threads", tooManyThreads, "no launch"},
    {"freeing memory in use", freeInUse, "in use"},
};

struct Outcome {
  int status;
  std::string output;
};

// This program with arguments, its output and errors together
Outcome runSelf(const char* self, const std::string& mistake, const char* order) {
  int ends[2];
  if (pipe(ends) != 0) return {-1, ""};
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    dup2(ends[1], 2);
    close(ends[0]);
    setenv("LR_EMU_ORDER", order, 1);
    execl(self, self, "--make", mistake.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  Outcome outcome = {0, ""};
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    outcome.output.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  waitpid(child, &outcome.status, 0);
  return outcome;
}

// What is wrong, or ""
std::string isFound(const char* self, const Mistake& mistake) {
  const Outcome forward = runSelf(self, mistake.name, "forward");
  if (mistake.found == nullptr) {
#if defined(__SANITIZE_THREAD__)
    return forward.status != 0 && forward.output.find("data race") != std::string::npos
               ? ""
               : "no race is reported";
#else
    const Outcome reverse = runSelf(self, mistake.name, "reverse");
    return forward.output != reverse.output ? "" : "all orders of threads give the same";
#endif
  }
  if (forward.status == 0) return "the program went on";
  const bool sanitized = forward.output.find("AddressSanitizer") != std::string::npos;
  return sanitized || forward.output.find(mistake.found) != std::string::npos ? ""
                                                                              : "it said: " + forward.output;
}

}  // namespace
}  // namespace lr::emu

int main(int argc, char** argv) {
  using namespace lr::emu;
  if (argc == 3 && std::strcmp(argv[1], "--make") == 0) {
    for (const Mistake& mistake : kMistakes) {
      if (std::strcmp(mistake.name, argv[2]) == 0) mistake.make();
    }
    return 0;
  }
  int passed = 0, failed = 0;
  const auto report = [&](const char* name, const std::string& problem) {
    ++(problem.empty() ? passed : failed);
    if (!problem.empty()) std::printf("FAILED %s: %s\n", name, problem.c_str());
  };
  const auto text = [](const char* problem) { return std::string(problem != nullptr ? problem : ""); };
  report("barrier", text(wrongReverse()));
  report("shuffle and vote", text(wrongShuffle()));
  report("early return", text(wrongEarly()));
  report("atomics", text(wrongAtomics()));
  for (const Mistake& mistake : kMistakes) report(mistake.name, isFound(argv[0], mistake));
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
