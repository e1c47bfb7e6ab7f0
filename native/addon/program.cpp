// Recording, planning and running programs.
#include "addon/program.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <unordered_map>

#include "addon/device_array.h"
#include "addon/functions.h"
#include "addon/profile.h"

namespace lr::addon {
namespace {

using lengths::Access;

constexpr int64_t kAlignment = 64;
constexpr int64_t kHugePage = 2 << 20;
// Between neighbours, so that arrays of whole pages do not begin at the same place of theirs: stores and
// loads of addresses that are equal modulo 4096 wait for one another.
constexpr int64_t kGap = 5 * kAlignment;

// Contents that live in an array from the call that writes them to the last one that uses them
struct Value {
  int64_t bytes;
  size_t first, last;
  int64_t offset = -1;
  int over = -1;  // the value in whose place this one is written
};

// Addresses of arrays that may not move
std::unordered_set<const void*> fixedArrays(const std::vector<std::unique_ptr<Program::Call>>& calls,
                                            const std::unordered_set<const void*>& kept) {
  std::unordered_set<const void*> fixed = kept;
  std::unordered_map<const void*, int64_t> sizes;
  for (const auto& call : calls) {
    std::unordered_set<const void*> written, used;
    for (const Program::Use& use : call->uses) {
      if (use.address() == nullptr || use.access == Access::kNone) continue;
      (use.isOutput && use.access == Access::kUsual ? written : used).insert(use.address());
    }
    for (const Program::Use& use : call->uses) {
      const void* address = use.address();
      if (address == nullptr || use.access == Access::kNone) continue;
      const bool isNew = sizes.find(address) == sizes.end();
      if (isNew && (used.count(address) != 0 || written.count(address) == 0)) fixed.insert(address);
      if (isNew) sizes[address] = use.bytes;
      if (sizes[address] != use.bytes) fixed.insert(address);
    }
  }
  // What overlaps is parts of one array.
  std::vector<std::pair<const char*, int64_t>> ranges;
  for (const auto& [address, bytes] : sizes) ranges.emplace_back(static_cast<const char*>(address), bytes);
  std::sort(ranges.begin(), ranges.end());
  const char* end = nullptr;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (i > 0 && ranges[i].first < end) {
      fixed.insert(ranges[i].first);
      fixed.insert(ranges[i - 1].first);
    }
    end = std::max(end, ranges[i].first + ranges[i].second);
  }
  return fixed;
}

// Gives each value a place, the largest first, and returns how many bytes that takes.
int64_t place(std::vector<Value>& values) {
  std::vector<Value*> order;
  for (Value& value : values) {
    if (value.over < 0) order.push_back(&value);
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Value* a, const Value* b) { return a->bytes > b->bytes; });
  std::vector<const Value*> placed;
  int64_t total = 0;
  for (Value* value : order) {
    int64_t offset = 0;
    for (const Value* other : placed) {  // by their offsets
      if (other->last < value->first || value->last < other->first) continue;
      if (other->offset - offset >= value->bytes + kGap) break;
      offset = std::max(offset, (other->offset + other->bytes + kGap + kAlignment - 1) & -kAlignment);
    }
    value->offset = offset;
    placed.insert(std::upper_bound(placed.begin(), placed.end(), value,
                                   [](const Value* a, const Value* b) { return a->offset < b->offset; }),
                  value);
    total = std::max(total, offset + value->bytes);
  }
  return total;
}

// The memory of a typed array or of one of a device, or false where it is neither
bool memoryOf(napi_env env, napi_value array, void** data, int64_t* bytes) {
  if (const DeviceArray* onDevice = DeviceArray::any() ? DeviceArray::of(env, array) : nullptr) {
    *data = onDevice->data();
    *bytes = onDevice->length * elementWidth(onDevice->element);
    return !onDevice->isFreed();
  }
  napi_typedarray_type type;
  size_t length = 0;
  if (napi_get_typedarray_info(env, array, &type, &length, data, nullptr, nullptr) != napi_ok) return false;
  const bool isWide =
      type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array;
  const bool isByte = type == napi_int8_array || type == napi_uint8_array || type == napi_uint8_clamped_array;
  const bool isHalf = type == napi_int16_array || type == napi_uint16_array;
  *bytes = static_cast<int64_t>(length) * (isWide ? 8 : isByte ? 1 : isHalf ? 2 : 4);
  return true;
}

}  // namespace

thread_local Program* Program::recording = nullptr;

Program::~Program() {
  for (const Held& held : held_) napi_delete_reference(env_, held.reference);
  if (device_ == kHost) {
    std::free(arena_);
    int64_t now;
    napi_adjust_external_memory(env_, -arenaBytes_, &now);
    return;
  }
  const Device* device = cudaDevice();
  device->select(device_);
  if (graph_ != nullptr) device->freeGraph(graph_);
  for (const Staged& staged : staged_) device->release(staged.copy);
  if (arena_ != nullptr) device->release(arena_);
}

void* Program::stage(napi_value array, const void* host, int64_t bytes, int32_t device) {
  if (calls_.empty()) device_ = device;
  for (const Staged& staged : staged_) {
    if (staged.host == host && staged.bytes == bytes) {
      cudaDevice()->copyIn(staged.copy, host, bytes);
      return staged.copy;
    }
  }
  void* copy = allocateOnDevice(env_, device, bytes);
  if (copy == nullptr) return nullptr;
  hold(array, host);
  staged_.push_back({host, bytes, copy});
  cudaDevice()->copyIn(copy, host, bytes);
  return copy;
}

// Contents that the host may change between two runs are copied first; the calls are one launch of a graph,
// but for a profile, which times each.
void Program::run() {
  if (device_ == kHost) return runCalls();
  const Device* device = cudaDevice();
  device->select(device_);
  for (const Staged& staged : staged_) device->copyIn(staged.copy, staged.host, staged.bytes);
  if (Profile::any()) return runCalls();
  if (graph_ == nullptr) {
    device->beginGraph();
    runCalls();
    graph_ = device->endGraph();
  }
  if (graph_ == nullptr) return runCalls();
  device->runGraph(graph_);
}

void* Program::allocateArena(int64_t bytes) {
  if (device_ != kHost) return allocateOnDevice(env_, device_, bytes);
  const int64_t unit = bytes < kHugePage ? kAlignment : kHugePage;
  arenaBytes_ = (bytes + unit - 1) & -unit;
  void* arena = std::aligned_alloc(unit, arenaBytes_);
  if (arena == nullptr) {
    arenaBytes_ = 0;
    throw std::bad_alloc();
  }
#ifdef __linux__
  if (unit == kHugePage) madvise(arena, arenaBytes_, MADV_HUGEPAGE);
#endif
  int64_t now;
  napi_adjust_external_memory(env_, arenaBytes_, &now);
  return arena;
}

void Program::hold(napi_value array, const void* data) {
  napi_ref reference;
  if (napi_create_reference(env_, array, 1, &reference) == napi_ok) held_.push_back({data, reference});
}

void Program::plan(const std::unordered_set<const void*>& kept) {
  reluBeforePool(calls_, kept);
  poolConvolutions(calls_, kept);
  const std::unordered_set<const void*> fixed = fixedArrays(calls_, kept);
  std::vector<Value> values;
  std::unordered_map<const void*, int> current;  // the value that an array has
  const auto isFixed = [&](const void* address) { return address == nullptr || fixed.count(address) != 0; };
  std::vector<std::pair<const Use*, int>> moves;
  for (size_t i = 0; i < calls_.size(); ++i) {
    const std::vector<Use>& uses = calls_[i]->uses;
    std::unordered_set<const void*> read;
    for (const Use& use : uses) {
      const void* address = use.address();
      if (isFixed(address) || use.access == Access::kNone) continue;
      if (use.isOutput && use.access == Access::kUsual) continue;
      read.insert(address);
      values[current[address]].last = i;
      moves.emplace_back(&use, current[address]);
    }
    for (const Use& use : uses) {
      const void* address = use.address();
      if (isFixed(address)) continue;
      if (use.access == Access::kNone) {
        if (current.count(address) != 0) moves.emplace_back(&use, current[address]);
        continue;
      }
      if (!use.isOutput || use.access != Access::kUsual) continue;
      if (read.count(address) == 0) {
        current[address] = static_cast<int>(values.size());
        values.push_back({use.bytes, i, i});
        if (use.over >= 0) {
          const void* input = uses[use.over].address();
          if (!isFixed(input) && uses[use.over].bytes == use.bytes) values.back().over = current[input];
        }
      }
      values[current[address]].last = i;
      moves.emplace_back(&use, current[address]);
    }
  }

  // A value is written over another where no later call uses that one: they are one value then.
  for (Value& value : values) {
    if (value.over < 0) continue;
    int root = value.over;
    while (values[root].over >= 0) root = values[root].over;
    if (values[root].last == value.first) {
      values[root].last = value.last;
      value.over = root;
    } else {
      value.over = -1;
    }
  }

  const int64_t bytes = place(values);
  if (bytes == 0) return;
  arena_ = allocateArena(bytes);
  if (arena_ == nullptr) return;
  for (const auto& [use, index] : moves) {
    const Value& value = values[values[index].over >= 0 ? values[index].over : index];
    void* address = static_cast<char*>(arena_) + value.offset;
    std::memcpy(use->slot, &address, sizeof address);
  }

  for (size_t i = 0; i + 1 < calls_.size();) {
    if (fuse(*calls_[i], *calls_[i + 1])) {
      calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    } else {
      ++i;
    }
  }

  // What has moved, or belonged to calls that are parts of others now, is let go.
  std::unordered_set<const void*> needed;
  for (const Staged& staged : staged_) needed.insert(staged.host);
  for (const auto& call : calls_) {
    for (const Use& use : call->uses) needed.insert(use.address());
  }
  const auto isOver = [&](const Held& held) { return needed.count(held.data) == 0; };
  for (const Held& held : held_) {
    if (isOver(held)) napi_delete_reference(env_, held.reference);
  }
  held_.erase(std::remove_if(held_.begin(), held_.end(), isOver), held_.end());
}

void Program::borrow(const void* data, int64_t bytes) {
  borrowedBytes_ = bytes;
  for (const auto& call : calls_) {
    for (const Use& use : call->uses) {
      const int64_t offset = static_cast<const char*>(use.address()) - static_cast<const char*>(data);
      if (use.address() != nullptr && offset >= 0 && offset < bytes) borrowed_.push_back({use.slot, offset});
    }
  }
}

void Program::lend(const void* data) {
  for (const Borrowed& borrowed : borrowed_) {
    const void* address = static_cast<const char*>(data) + borrowed.offset;
    std::memcpy(borrowed.slot, &address, sizeof address);
  }
}

// beginProgram(): operators are recorded until endProgram
napi_value beginProgram(napi_env env, napi_callback_info) {
  if (Program::recording != nullptr) {
    napi_throw_error(env, nullptr, "[addon] expected no program to be recorded already");
    return nullptr;
  }
  Program::recording = new Program(env);
  return nullptr;
}

// endProgram(kept, borrowed): program, which leaves the arrays of the list `kept` where they are, null where
// operators ran on several devices; what it reads of the array `borrowed` it reads of another one in each run
napi_value endProgram(napi_env env, napi_callback_info info) {
  std::unique_ptr<Program> program(std::exchange(Program::recording, nullptr));
  if (program == nullptr) {
    napi_throw_error(env, nullptr, "[addon] expected a program to be recorded");
    return nullptr;
  }
  size_t argumentCount = 2;
  napi_value arguments[2];
  napi_get_cb_info(env, info, &argumentCount, arguments, nullptr, nullptr);
  const napi_value list = arguments[0];
  uint32_t length = 0;
  if (napi_get_array_length(env, list, &length) != napi_ok) {
    napi_throw_type_error(env, nullptr, "[addon] expected argument 0 to be an array of typed arrays");
    return nullptr;
  }
  std::unordered_set<const void*> kept;
  for (uint32_t i = 0; i < length; ++i) {
    napi_value array;
    void* data = nullptr;
    napi_get_element(env, list, i, &array);
    if (napi_get_typedarray_info(env, array, nullptr, nullptr, &data, nullptr, nullptr) == napi_ok)
      kept.insert(data);
    else if (const DeviceArray* onDevice = DeviceArray::of(env, array))
      kept.insert(onDevice->data());
  }
  if (program->isMixed()) {
    napi_value none;
    napi_get_null(env, &none);
    return none;
  }
  try {
    program->plan(kept);
    void* borrowed = nullptr;
    int64_t bytes = 0;
    if (memoryOf(env, arguments[1], &borrowed, &bytes)) program->borrow(borrowed, bytes);
  } catch (const std::bad_alloc&) {
    napi_throw_error(env, nullptr,
                     "[addon] expected memory for the arrays of a program, but there is not enough");
    return nullptr;
  }
  napi_value external = nullptr;
  const auto free = [](napi_env, void* data, void*) { delete static_cast<Program*>(data); };
  if (napi_create_external(env, program.get(), free, nullptr, &external) == napi_ok) program.release();
  return external;
}

// runProgram(program, lent): `lent` is a typed array of as many bytes as the borrowed one
napi_value runProgram(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  void* external = nullptr;
  napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr);
  if (napi_get_value_external(env, arguments[0], &external) != napi_ok) {
    napi_throw_type_error(env, nullptr, "[addon] expected argument 0 to be a program");
    return nullptr;
  }
  auto* program = static_cast<Program*>(external);
  void* lent = nullptr;
  int64_t bytes = 0;
  if (!memoryOf(env, arguments[1], &lent, &bytes) || bytes != program->borrowedBytes()) {
    napi_throw_type_error(env, nullptr,
                          "[addon] expected argument 1 to be a typed array of the borrowed one's length");
    return nullptr;
  }
  program->lend(lent);
  const int64_t begin = Profile::any() ? now() : 0;
  program->run();
  if (Profile::any()) Profile::addSpan("program", begin, now());
  return nullptr;
}

}  // namespace lr::addon
