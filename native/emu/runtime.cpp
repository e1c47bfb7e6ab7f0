// Memory, streams and graphs of the emulated devices.
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "emu/cuda_runtime.h"
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) static_cast<void>(0)
#endif

struct EmulatedGraph {
  std::vector<std::function<void()>> work;
};
struct EmulatedEvent {
  lr::emu::Stream* stream = nullptr;
  uint64_t after = 0;  // as much work of the stream
};

namespace lr::emu {

struct Stream {
  std::vector<std::function<void()>> waiting;
  uint64_t pushed = 0, done = 0;
  bool records = false;
  std::vector<std::function<void()>> recorded;
};

namespace {

constexpr int kDevices = 2;
constexpr size_t kAddresses = size_t{1} << 36;
constexpr unsigned char kGuard = 0xa5, kUnset = 0xff;

struct Memory {
  char* base = nullptr;
  size_t end = 0, allocated = 0;
  std::map<char*, size_t> blocks;
  std::multimap<size_t, char*> freed;
};

struct Pinned {
  const char* memory;
  size_t bytes;
};

// One lock for all: kernels run one after another anyway.
struct Machine {
  std::recursive_mutex mutex;
  Memory memory[kDevices];
  std::map<char*, int64_t> inUse;  // bytes asked for
  std::map<char*, int64_t> sizes;  // bytes to the end of the block
  std::vector<Pinned> pinned;
  std::set<Stream*> streams;
};
Machine& machine() {
  static Machine* const instance = new Machine;
  return *instance;
}
thread_local int selected = 0;
thread_local cudaError_t lastError = cudaSuccess;

size_t limit() {
  const char* text = std::getenv("LR_EMU_MEMORY");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : size_t{8} << 30;
}

cudaError_t result(cudaError_t error) {
  if (error != cudaSuccess) lastError = error;
  return error;
}

void checkGuard(char* block, int64_t bytes, int64_t size) {
  const int64_t end = std::min(size, bytes + 2 * kGuardBytes);
  ASAN_UNPOISON_MEMORY_REGION(block + bytes, end - bytes);
  for (int64_t i = bytes; i < end; ++i) {
    if (static_cast<unsigned char>(block[i]) != kGuard)
      fail("%lld bytes of device memory were written %lld bytes past their end",
           static_cast<long long>(bytes), static_cast<long long>(i - bytes));
  }
  ASAN_POISON_MEMORY_REGION(block + bytes, end - bytes);
}

void finish(Stream& stream) {
  if (stream.records) fail("the host waits for a stream whose work is being recorded");
  // Work may push work.
  while (!stream.waiting.empty()) {
    std::vector<std::function<void()>> work;
    work.swap(stream.waiting);
    for (const auto& each : work) {
      each();
      ++stream.done;
    }
  }
  for (const auto& [block, bytes] : machine().inUse) checkGuard(block, bytes, machine().sizes[block]);
}

bool isDeviceMemory(uintptr_t address) {
  for (const Memory& memory : machine().memory) {
    const auto base = reinterpret_cast<uintptr_t>(memory.base);
    if (memory.base != nullptr && address >= base && address < base + memory.end) return true;
  }
  for (const Pinned& each : machine().pinned) {
    const auto base = reinterpret_cast<uintptr_t>(each.memory);
    if (address >= base && address < base + each.bytes) return true;
  }
  return false;
}

}  // namespace

void checkRange(const void* memory, size_t bytes, const char* what) {
  for (const Memory& of : machine().memory) {
    for (const auto& [block, size] : of.blocks) {
      const char* at = static_cast<const char*>(memory);
      if (at >= block && at + bytes <= block + size) return;
    }
  }
  fail("%s of %zu bytes touches what is no device memory", what, bytes);
}

void checkInUse(const void* memory, int64_t bytes, const char* what) {
  const std::lock_guard lock(machine().mutex);
  auto* at = static_cast<char*>(const_cast<void*>(memory));
  auto found = machine().inUse.upper_bound(at);
  if (found == machine().inUse.begin()) fail("%s is not memory in use", what);
  --found;
  if (at + bytes > found->first + found->second)
    fail("%s: %lld bytes are not all in use", what, static_cast<long long>(bytes));
}

void checkArgument(const void* argument, size_t bytes) {
  const std::lock_guard lock(machine().mutex);
  for (size_t i = 0; i + 8 <= bytes; i += 8) {
    uintptr_t word = 0;
    std::memcpy(&word, static_cast<const char*>(argument) + i, sizeof word);
    const uintptr_t top = word >> 40;
    const bool isAddress = (top >= 0x55 && top <= 0x63) || (top >= 0x7b && top <= 0x7f);
    if (!isAddress || isDeviceMemory(word)) continue;
    void* page = reinterpret_cast<void*>(word & ~uintptr_t{4095});
    if (msync(page, 4096, MS_ASYNC) == 0) fail("a kernel was given %p, which is memory of the host", page);
  }
}

void push(Stream* stream, std::function<void()> work, bool recorded) {
  const std::lock_guard lock(machine().mutex);
  if (stream->records && recorded) {
    stream->recorded.push_back(std::move(work));
  } else {
    stream->waiting.push_back(std::move(work));
    ++stream->pushed;
  }
}
void push(Stream* stream, std::function<void()> work) { push(stream, std::move(work), true); }

void use(Stream* stream, void* memory, int64_t bytes, int64_t size) {
  auto* block = static_cast<char*>(memory);
  const bool records = stream->records;
  push(stream, [=] {
    const auto [at, isNew] = machine().inUse.emplace(block, bytes);
    // What the work of a graph leaves in use is so in the next run.
    if (!isNew && records) return;
    if (!isNew) fail("device memory is given out that is in use");
    machine().sizes[block] = size;
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    std::memset(block, kUnset, bytes);
    std::memset(block + bytes, kGuard, size - bytes);
    ASAN_POISON_MEMORY_REGION(block + bytes, size - bytes);
  });
}

void unuse(Stream* stream, void* memory, int64_t size, bool recorded) {
  auto* block = static_cast<char*>(memory);
  push(
      stream,
      [=] {
        const auto found = machine().inUse.find(block);
        // A graph may never have run, and what it used is not in use when it is freed.
        if (found == machine().inUse.end()) return;
        checkGuard(block, found->second, size);
        machine().inUse.erase(found);
        ASAN_UNPOISON_MEMORY_REGION(block, size);
        std::memset(block, kUnset, size);
        ASAN_POISON_MEMORY_REGION(block, size);
      },
      recorded);
}

}  // namespace lr::emu

using lr::emu::fail;
using lr::emu::finish;
using lr::emu::machine;
using lr::emu::result;

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
    default:
      return "invalid argument";
  }
}

cudaError_t cudaGetLastError() { return std::exchange(lr::emu::lastError, cudaSuccess); }

cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = lr::emu::kDevices;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= lr::emu::kDevices) return result(cudaErrorInvalidDevice);
  lr::emu::selected = device;
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device < 0 || device >= lr::emu::kDevices) return result(cudaErrorInvalidDevice);
  *properties = {};
  std::strcpy(properties->name, "emulated device");
  properties->totalGlobalMem = lr::emu::limit();
  properties->major = 9;
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** memory, size_t bytes) {
  const std::lock_guard lock(machine().mutex);
  auto& of = machine().memory[lr::emu::selected];
  if (of.base == nullptr) {
    void* base = mmap(nullptr, lr::emu::kAddresses, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) fail("no addresses for device memory");
    of.base = static_cast<char*>(base);
  }
  bytes = (bytes + 511) / 512 * 512;
  if (of.allocated + bytes > lr::emu::limit()) return result(cudaErrorMemoryAllocation);
  char* block = nullptr;
  if (const auto found = of.freed.find(bytes); found != of.freed.end()) {
    block = found->second;
    of.freed.erase(found);
  } else {
    if (of.end + bytes > lr::emu::kAddresses) return result(cudaErrorMemoryAllocation);
    block = of.base + of.end;
    of.end += bytes;
  }
  of.allocated += bytes;
  of.blocks[block] = bytes;
  ASAN_POISON_MEMORY_REGION(block, bytes);
  *memory = block;
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  if (memory == nullptr) return cudaSuccess;
  const std::lock_guard lock(machine().mutex);
  for (lr::emu::Stream* stream : machine().streams) {
    if (!stream->records) finish(*stream);
  }
  for (auto& of : machine().memory) {
    const auto found = of.blocks.find(static_cast<char*>(memory));
    if (found == of.blocks.end()) continue;
    for (const auto& [block, bytes] : machine().inUse) {
      if (block >= found->first && block < found->first + found->second)
        fail("device memory is freed of which %lld bytes are in use", static_cast<long long>(bytes));
    }
    madvise(found->first, found->second, MADV_DONTNEED);
    of.allocated -= found->second;
    of.freed.emplace(found->second, found->first);
    of.blocks.erase(found);
    return cudaSuccess;
  }
  fail("what is freed is no device memory, or was freed before");
}

cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned) {
  const std::lock_guard lock(machine().mutex);
  *memory = std::calloc(1, bytes);
  machine().pinned.push_back({static_cast<const char*>(*memory), bytes});
  return cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  const std::lock_guard lock(machine().mutex);
  auto& pinned = machine().pinned;
  const auto found =
      std::find_if(pinned.begin(), pinned.end(), [&](const auto& each) { return each.memory == memory; });
  if (found == pinned.end()) fail("what is freed is no pinned memory");
  pinned.erase(found);
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  push(stream, [=] {
    if (kind != cudaMemcpyDeviceToHost) lr::emu::checkRange(to, bytes, "a copy");
    if (kind != cudaMemcpyHostToDevice) lr::emu::checkRange(from, bytes, "a copy");
    std::memmove(to, from, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  push(stream, [=] {
    lr::emu::checkRange(to, bytes, "a fill");
    std::memset(to, value, bytes);
  });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  const std::lock_guard lock(machine().mutex);
  *stream = new lr::emu::Stream;
  machine().streams.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const std::lock_guard lock(machine().mutex);
  finish(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  const std::lock_guard lock(machine().mutex);
  if (stream->records) return result(cudaErrorStreamCaptureInvalidated);
  stream->records = true;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::lock_guard lock(machine().mutex);
  if (!stream->records) return result(cudaErrorStreamCaptureInvalidated);
  stream->records = false;
  *graph = new EmulatedGraph{std::move(stream->recorded)};
  stream->recorded.clear();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new EmulatedGraph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  // A graph may be destroyed while it runs.
  push(stream, [work = graph->work] {
    for (const auto& each : work) each();
  });
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new EmulatedEvent;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const std::lock_guard lock(machine().mutex);
  event->stream = stream;
  event->after = stream->pushed;
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  const std::lock_guard lock(machine().mutex);
  if (event->stream != nullptr && event->stream->done < event->after) finish(*event->stream);
  return cudaSuccess;
}
