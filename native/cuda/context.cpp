// Devices, streams, memory, graphs and errors of the CUDA backend: everything of lr::Device but the tables of
// kernels.
//
// Each device has one stream, on which all work is done, and one caching allocator. Memory that is released
// can be given out again at once, since whatever uses it next comes later on the stream.
#include "cuda/context.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cuda/open.h"
#include "cuda/table.h"
#include "lr/device.h"

namespace lr::cuda {
namespace {

#if !defined(LR_EMU)
#define LR_EMU 0
#endif
#if LR_EMU
constexpr const char* kName = "cuda-emu";
constexpr int64_t kSpare = emu::kGuardBytes;  // at the end of each block
#else
constexpr const char* kName = "cuda";
constexpr int64_t kSpare = 0;
#endif

constexpr int64_t kAlignment = 512;             // of blocks
constexpr int64_t kSegment = int64_t{2} << 20;  // what is asked of CUDA at least, and in multiples of
constexpr int64_t kStaging = int64_t{1} << 20, kStagings = 4;

thread_local std::string firstFailure, toldFailure;
thread_local int selected = 0;
std::atomic<bool> tf32 = false, bfloat16 = false;

int64_t roundUp(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

// A part of a segment, in the order of addresses
struct Block {
  char* memory;
  int64_t size, asked;  // asked: 0 where it is free
  Block *before, *after;
  bool ofGraph = false;  // a graph's, until that is freed
};

struct BySize {
  bool operator()(const Block* a, const Block* b) const {
    return a->size != b->size ? a->size < b->size : a->memory < b->memory;
  }
};

// Best fit among free parts of segments, which are split, and joined again when they are released
class Allocator {
 public:
  // Null where CUDA has no more
  char* allocate(int64_t bytes);
  void release(char* memory);
  Block* blockOf(char* memory) {
    const auto found = used_.find(memory);
    return found == used_.end() ? nullptr : found->second.get();
  }
  void emptyCache();
  int64_t allocated = 0, reserved = 0, peak = 0;

 private:
  Block* findFree(int64_t size);
  Block* grow(int64_t size);
  std::unique_ptr<Block> take(Block* block);

  std::map<Block*, std::unique_ptr<Block>> free_;
  std::set<Block*, BySize> bySize_;
  std::map<char*, std::unique_ptr<Block>> used_;
};

Block* Allocator::findFree(int64_t size) {
  Block key = {nullptr, size, 0, nullptr, nullptr};
  const auto found = bySize_.lower_bound(&key);
  return found == bySize_.end() ? nullptr : *found;
}

Block* Allocator::grow(int64_t size) {
  const int64_t segment = roundUp(size, kSegment);
  void* memory = nullptr;
  if (cudaMalloc(&memory, static_cast<size_t>(segment)) != cudaSuccess) {
    cudaGetLastError();
    emptyCache();
    if (cudaMalloc(&memory, static_cast<size_t>(segment)) != cudaSuccess) {
      cudaGetLastError();
      return nullptr;
    }
  }
  reserved += segment;
  auto block = std::make_unique<Block>(Block{static_cast<char*>(memory), segment, 0, nullptr, nullptr});
  Block* result = block.get();
  bySize_.insert(result);
  free_[result] = std::move(block);
  return result;
}

std::unique_ptr<Block> Allocator::take(Block* block) {
  bySize_.erase(block);
  auto owned = std::move(free_[block]);
  free_.erase(block);
  return owned;
}

char* Allocator::allocate(int64_t bytes) {
  const int64_t size = roundUp(std::max<int64_t>(bytes, 1) + kSpare, kAlignment);
  Block* found = findFree(size);
  if (found == nullptr) found = grow(size);
  if (found == nullptr) return nullptr;
  auto block = take(found);
  if (block->size - size >= kAlignment) {
    auto rest = std::make_unique<Block>(
        Block{block->memory + size, block->size - size, 0, block.get(), block->after});
    if (block->after != nullptr) block->after->before = rest.get();
    block->after = rest.get();
    block->size = size;
    bySize_.insert(rest.get());
    free_[rest.get()] = std::move(rest);
  }
  block->asked = std::max<int64_t>(bytes, 1);
  allocated += block->size;
  peak = std::max(peak, allocated);
  char* memory = block->memory;
  used_[memory] = std::move(block);
  return memory;
}

void Allocator::release(char* memory) {
  const auto found = used_.find(memory);
  auto block = std::move(found->second);
  used_.erase(found);
  allocated -= block->size;
  block->asked = 0;
  block->ofGraph = false;
  if (block->before != nullptr && block->before->asked == 0) {
    auto before = take(block->before);
    before->size += block->size;
    before->after = block->after;
    if (block->after != nullptr) block->after->before = before.get();
    block = std::move(before);
  }
  if (block->after != nullptr && block->after->asked == 0) {
    auto after = take(block->after);
    block->size += after->size;
    block->after = after->after;
    if (after->after != nullptr) after->after->before = block.get();
  }
  bySize_.insert(block.get());
  free_[block.get()] = std::move(block);
}

void Allocator::emptyCache() {
  for (auto at = free_.begin(); at != free_.end();) {
    Block* block = at->first;
    if (block->before != nullptr || block->after != nullptr) {
      ++at;
      continue;
    }
    cudaFree(block->memory);  // waits for the device
    reserved -= block->size;
    bySize_.erase(block);
    at = free_.erase(at);
  }
}

struct Upload {
  void* pinned;
  std::function<void(void*)> fill;
};

// What a graph keeps: the memory that was allocated, and not given away, while it was recorded
struct Graph {
  int device = 0;
  cudaGraphExec_t executable = nullptr;
  std::vector<char*> memory;
  std::vector<Upload> uploads;
  cudaEvent_t uploaded = nullptr;
};

struct Context {
  std::recursive_mutex mutex;
  int number = 0;
  cudaStream_t stream = nullptr;
  Allocator allocator;
  int* badIndex = nullptr;
  void* staging[kStagings] = {};
  cudaEvent_t staged[kStagings] = {};
  int64_t nextStaging = 0;
  std::unique_ptr<Graph> recorded;         // while work is recorded
  std::multimap<int64_t, char*> recycled;  // of it, by size: for later work of the graph
};

struct Machine {
  std::string why;
  int devices = 0;
  std::vector<std::unique_ptr<Context>> contexts;
};

// 13020 is 13.2.
std::string cudaVersion(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// The latest CUDA that the driver is for; 0 where there is none
int driverVersion() {
  int version = 0;
  return cudaDriverGetVersion(&version) == cudaSuccess ? version : 0;
}

std::string describeDriver() {
  const int version = driverVersion();
  return version == 0 ? "CUDA driver: libcuda.so.1 is not found" : "CUDA driver " + cudaVersion(version);
}

Machine& machine() {
  static Machine* const instance = [] {
    auto* found = new Machine;
    const cudaError_t error = cudaGetDeviceCount(&found->devices);
    if (error != cudaSuccess) {
      cudaGetLastError();
      found->devices = 0;
      const int driver = driverVersion();
      found->why = "no CUDA device can be used: ";
      if (driver == 0)
        found->why += "there is no NVIDIA driver";
      else if (driver < CUDART_VERSION)
        found->why += "the driver is for CUDA " + cudaVersion(driver) + ", this build for CUDA " +
                      cudaVersion(CUDART_VERSION);
      else
        found->why += cudaGetErrorString(error);
    } else if (found->devices == 0) {
      found->why = "the CUDA driver finds no device";
    }
    for (int i = 0; i < found->devices; ++i) found->contexts.push_back(nullptr);
    return found;
  }();
  return *instance;
}

std::mutex contextsMutex;

// Of the selected device, made when it is first asked for
Context& context() {
  const std::lock_guard<std::mutex> lock(contextsMutex);
  std::unique_ptr<Context>& found = machine().contexts.at(static_cast<size_t>(selected));
  if (found == nullptr) {
    found = std::make_unique<Context>();
    found->number = selected;
    check(cudaSetDevice(selected), "cudaSetDevice");
    check(cudaStreamCreateWithFlags(&found->stream, cudaStreamNonBlocking), "cudaStreamCreate");
    void* flag = nullptr;
    check(cudaHostAlloc(&flag, sizeof(int), cudaHostAllocMapped), "cudaHostAlloc");
    found->badIndex = static_cast<int*>(flag);
    if (flag != nullptr) *found->badIndex = 0;
  }
  return *found;
}

// What the emulator is told of memory in use; nothing on a device. What is recorded with a graph is said in
// every run.
void tellUse([[maybe_unused]] Context& c, [[maybe_unused]] const Block& block) {
#if LR_EMU
  emu::use(c.stream, block.memory, block.asked, block.size);
#endif
}
void tellUnuse([[maybe_unused]] Context& c, [[maybe_unused]] const Block& block,
               [[maybe_unused]] bool recorded) {
#if LR_EMU
  emu::unuse(c.stream, block.memory, block.size, recorded);
#endif
}

// The device that memory in use is of
Context* ownerOf(void* memory) {
  // One lock at a time: whoever holds a context's may ask for the list of them.
  std::vector<Context*> all;
  {
    const std::lock_guard<std::mutex> lock(contextsMutex);
    for (const auto& each : machine().contexts) all.push_back(each.get());
  }
  for (Context* each : all) {
    if (each == nullptr) continue;
    const std::lock_guard locked(each->mutex);
    if (each->allocator.blockOf(static_cast<char*>(memory)) != nullptr) return each;
  }
  return nullptr;
}

const char* unavailable() { return machine().why.empty() ? nullptr : machine().why.c_str(); }
int count() { return machine().devices; }

const char* libraries() {
  static const std::string text = describeDriver() + "\n" + describeCublas() + "\n" + describeCudnn();
  return text.c_str();
}

const char* describe(int index) {
  thread_local std::string text;
  cudaDeviceProp properties;
  if (index < 0 || index >= count() ||
      !check(cudaGetDeviceProperties(&properties, index), "cudaGetDeviceProperties"))
    return "";
  char line[400];
  std::snprintf(line, sizeof line, "%s, compute capability %d.%d, %.1f GiB", properties.name,
                properties.major, properties.minor,
                static_cast<double>(properties.totalGlobalMem) / (int64_t{1} << 30));
  text = line;
  return text.c_str();
}

void select(int index) {
  if (index < 0 || index >= count()) return fail("select", "there is no such device");
  selected = index;
  check(cudaSetDevice(index), "cudaSetDevice");
}

void copyIn(void* to, const void* from, int64_t bytes) {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  if (c.recorded != nullptr) return fail("copyIn", "memory of the host is copied while work is recorded");
  const auto* source = static_cast<const char*>(from);
  for (int64_t done = 0; done < bytes;) {
    const int64_t i = c.nextStaging, part = std::min(kStaging, bytes - done);
    c.nextStaging = (i + 1) % kStagings;
    if (c.staging[i] == nullptr) {
      if (!check(cudaHostAlloc(&c.staging[i], kStaging, 0), "cudaHostAlloc")) return;
      if (!check(cudaEventCreateWithFlags(&c.staged[i], cudaEventDisableTiming), "cudaEventCreate")) return;
    } else {
      check(cudaEventSynchronize(c.staged[i]), "cudaEventSynchronize");
    }
    std::memcpy(c.staging[i], source + done, static_cast<size_t>(part));
    check(cudaMemcpyAsync(static_cast<char*>(to) + done, c.staging[i], static_cast<size_t>(part),
                          cudaMemcpyHostToDevice, c.stream),
          "copyIn");
    check(cudaEventRecord(c.staged[i], c.stream), "cudaEventRecord");
    done += part;
  }
}

void synchronize() {
  Context& c = context();
  if (c.recorded != nullptr) return fail("synchronize", "work is being recorded");
  check(cudaStreamSynchronize(c.stream), "synchronize");
  if (c.badIndex != nullptr && *c.badIndex != 0) {
    *c.badIndex = 0;
    fail("a kernel", "met an index that is out of range");
  }
}

void copyOut(void* to, const void* from, int64_t bytes) {
  Context& c = context();
  if (c.recorded != nullptr) return fail("copyOut", "memory is copied to the host while work is recorded");
  check(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, c.stream), "copyOut");
  synchronize();
}

void copyWithin(void* to, const void* from, int64_t bytes) {
  check(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, stream()),
        "copyWithin");
}

const char* error() {
  if (firstFailure.empty()) return nullptr;
  toldFailure.swap(firstFailure);
  firstFailure.clear();
  return toldFailure.c_str();
}

void emptyCache() {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  if (c.recorded != nullptr) return fail("emptyCache", "work is being recorded");
  check(cudaStreamSynchronize(c.stream), "emptyCache");
  c.allocator.emptyCache();
}

void statistics(int64_t* allocated, int64_t* reserved, int64_t* peak) {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  *allocated = c.allocator.allocated;
  *reserved = c.allocator.reserved;
  *peak = c.allocator.peak;
}

void beginGraph() {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  if (c.recorded != nullptr) return fail("beginGraph", "work is being recorded already");
  if (!check(cudaStreamBeginCapture(c.stream, cudaStreamCaptureModeRelaxed), "beginGraph")) return;
  c.recorded = std::make_unique<Graph>();
  c.recorded->device = c.number;
}

void freeGraph(void* graph);

void* endGraph() {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  if (c.recorded == nullptr) {
    fail("endGraph", "no work is being recorded");
    return nullptr;
  }
  std::unique_ptr<Graph> graph = std::move(c.recorded);
  c.recycled.clear();
  cudaGraph_t description = nullptr;
  bool holds = check(cudaStreamEndCapture(c.stream, &description), "endGraph");
  holds = holds && check(cudaGraphInstantiate(&graph->executable, description, 0), "endGraph");
  if (description != nullptr) cudaGraphDestroy(description);
  holds = holds && check(cudaEventCreateWithFlags(&graph->uploaded, cudaEventDisableTiming), "endGraph");
  if (!holds) {
    freeGraph(graph.release());
    return nullptr;
  }
  return graph.release();
}

// While body(the device's context) runs, the device is the selected one.
template <class Body>
void onDevice(int number, const Body& body) {
  const int before = selected;
  if (number != before) select(number);
  body(context());
  if (number != before) select(before);
}

void runGraph(void* memory) {
  auto& graph = *static_cast<Graph*>(memory);
  onDevice(graph.device, [&](Context& c) {
    if (!graph.uploads.empty()) {
      // The last run has read what it was given.
      check(cudaEventSynchronize(graph.uploaded), "runGraph");
      for (const Upload& upload : graph.uploads) upload.fill(upload.pinned);
    }
    check(cudaGraphLaunch(graph.executable, c.stream), "runGraph");
    if (!graph.uploads.empty()) check(cudaEventRecord(graph.uploaded, c.stream), "runGraph");
  });
}

void freeGraph(void* memory) {
  const std::unique_ptr<Graph> graph(static_cast<Graph*>(memory));
  onDevice(graph->device, [&](Context& c) {
    const std::lock_guard lock(c.mutex);
    if (!graph->uploads.empty()) check(cudaStreamSynchronize(c.stream), "freeGraph");
    if (graph->executable != nullptr) check(cudaGraphExecDestroy(graph->executable), "freeGraph");
    if (graph->uploaded != nullptr) check(cudaEventDestroy(graph->uploaded), "freeGraph");
    for (const Upload& upload : graph->uploads) check(cudaFreeHost(upload.pinned), "freeGraph");
    for (char* block : graph->memory) {
      tellUnuse(c, *c.allocator.blockOf(block), false);
      c.allocator.release(block);
    }
  });
}

void setTf32(int on) { tf32 = on != 0; }
void setBfloat16(int on) { bfloat16 = on != 0; }

}  // namespace

cudaStream_t stream() { return context().stream; }

void fail(const char* what, const char* why) {
  if (firstFailure.empty()) firstFailure = std::string("[") + kName + "] " + what + ": " + why;
}

bool check(cudaError_t error, const char* what) {
  if (error != cudaSuccess) fail(what, cudaGetErrorString(error));
  return error == cudaSuccess;
}

void* allocate(int64_t bytes) {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  char* memory = nullptr;
  if (c.recorded != nullptr) {
    const auto found = c.recycled.lower_bound(bytes);
    if (found != c.recycled.end()) {
      memory = found->second;
      c.recycled.erase(found);
      Block& block = *c.allocator.blockOf(memory);
      block.asked = std::max<int64_t>(bytes, 1);
      tellUse(c, block);
      return memory;
    }
  }
  memory = c.allocator.allocate(bytes);
  if (memory == nullptr) {
    const std::string why = "out of memory for " + std::to_string(bytes) + " bytes, of which " +
                            std::to_string(c.allocator.allocated) + " are in use";
    fail("allocate", why.c_str());
    return nullptr;
  }
  if (c.recorded != nullptr) {
    c.recorded->memory.push_back(memory);
    c.allocator.blockOf(memory)->ofGraph = true;
  }
  tellUse(c, *c.allocator.blockOf(memory));
  return memory;
}

void release(void* memory) {
  if (memory == nullptr) return;
  Context* owner = ownerOf(memory);
  if (owner == nullptr) return fail("release", "this is not memory in use");
  const std::lock_guard lock(owner->mutex);
  Block& block = *owner->allocator.blockOf(static_cast<char*>(memory));
  if (block.ofGraph) {
    // Ready for later work of the same graph
    if (owner->recorded == nullptr) return;
    tellUnuse(*owner, block, true);
    owner->recycled.emplace(block.size - kSpare, block.memory);
    return;
  }
  tellUnuse(*owner, block, false);
  owner->allocator.release(block.memory);
}

int* badIndexFlag() { return context().badIndex; }

void fillZero(void* memory, int64_t bytes) {
  if (bytes > 0) check(cudaMemsetAsync(memory, 0, static_cast<size_t>(bytes), stream()), "fill");
}

void upload(void* memory, int64_t bytes, std::function<void(void*)> fill) {
  Context& c = context();
  const std::lock_guard lock(c.mutex);
  if (c.recorded == nullptr) {
    std::vector<char> host(static_cast<size_t>(bytes));
    fill(host.data());
    return copyIn(memory, host.data(), bytes);
  }
  Upload upload = {nullptr, std::move(fill)};
  if (!check(cudaHostAlloc(&upload.pinned, static_cast<size_t>(bytes), 0), "cudaHostAlloc")) return;
  check(cudaMemcpyAsync(memory, upload.pinned, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, c.stream),
        "upload");
  c.recorded->uploads.push_back(std::move(upload));
}

int selectedDevice() { return selected; }

void* allocateForever(int64_t bytes) {
  void* memory = nullptr;
  return check(cudaMalloc(&memory, static_cast<size_t>(bytes)), "allocate") ? memory : nullptr;
}

bool usesLibraries() {
  static const bool uses = [] {
    const char* text = std::getenv("LR_CUDA_LIBRARIES");
    return text == nullptr ? !LR_EMU : std::strcmp(text, "on") == 0;
  }();
  return uses;
}

bool allowsTf32() { return tf32; }
bool allowsBfloat16() { return bfloat16; }

const Device kDevice = {
    .name = kName,
    .unavailable = unavailable,
    .libraries = libraries,
    .count = count,
    .describe = describe,
    .select = select,
    .allocate = allocate,
    .release = release,
    .copyIn = copyIn,
    .copyOut = copyOut,
    .copyWithin = copyWithin,
    .synchronize = synchronize,
    .error = error,
    .emptyCache = emptyCache,
    .statistics = statistics,
    .beginGraph = beginGraph,
    .endGraph = endGraph,
    .runGraph = runGraph,
    .freeGraph = freeGraph,
    .allowTf32 = setTf32,
    .allowBfloat16 = setBfloat16,
    .kernels = &kKernels,
    .float64 = &kFloat64Kernels,
};

}  // namespace lr::cuda

namespace lr {
const Device* cudaDevice() { return &cuda::kDevice; }
}  // namespace lr
