// A device for tests that is the host in disguise: the tables of the CPU on memory that no JavaScript array has. Two
// of them, to tell one device from another.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include "lr/device.h"

namespace lr {
namespace {

constexpr int kCount = 2;

struct Statistics {
  int64_t allocated = 0, peak = 0;
};
struct Block {
  int64_t bytes;
  int device;
};

std::mutex mutex;
std::unordered_map<void*, Block> blocks;
Statistics all[kCount];
thread_local int selected = 0;

const char* unavailable() { return nullptr; }
int count() { return kCount; }
const char* describe(int) { return "the host in disguise"; }
void select(int index) { selected = index; }

void* allocate(int64_t bytes) {
  if (bytes > int64_t{1} << 34) return nullptr;
  const std::lock_guard lock(mutex);
  void* memory = std::aligned_alloc(64, (bytes + 63) & -64);
  if (memory == nullptr) return nullptr;
  std::memset(memory, 0xff, bytes);
  blocks[memory] = {bytes, selected};
  all[selected].allocated += bytes;
  all[selected].peak = std::max(all[selected].peak, all[selected].allocated);
  return memory;
}

void release(void* memory) {
  const std::lock_guard lock(mutex);
  const Block block = blocks.at(memory);
  blocks.erase(memory);
  all[block.device].allocated -= block.bytes;
  std::memset(memory, 0xff, block.bytes);
  std::free(memory);
}

void copyBytes(void* to, const void* from, int64_t bytes) { std::memcpy(to, from, bytes); }
void nothing() {}
const char* noError() { return nullptr; }
void option(int) {}
void statistics(int64_t* allocated, int64_t* reserved, int64_t* peak) {
  *allocated = *reserved = all[selected].allocated;
  *peak = all[selected].peak;
}

}  // namespace

const Device* cudaDevice() {
  static const Device device = {"cuda-emu", unavailable, count,    describe, select,     allocate, release,
                                copyBytes,  copyBytes,   copyBytes, nothing, noError,    nothing,  statistics,
                                nullptr,    nullptr,     nullptr,  nullptr,  option,   option,   &cpu(),     &kFloat64Kernels};
  return &device;
}

}  // namespace lr
