// A captured program: the operator calls of a step with their arguments, to be run again by one call. While a
// thread records, operators run as always and are added. The calls are the host's or those of one device,
// where they become a graph.
#pragma once
#include <node_api.h>

#include <cstring>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "addon/lengths.h"

namespace lr::addon {

class Program {
 public:
  // One array of a call
  struct Use {
    void* slot;  // where the call keeps the address of the array
    int64_t bytes;
    bool isOutput;
    lengths::Access access;
    int8_t over;  // as in Length

    const void* address() const {
      const void* array;
      std::memcpy(&array, slot, sizeof array);
      return array;
    }
  };

  struct Call {
    std::vector<Use> uses;
    virtual ~Call() = default;
    virtual void run() const = 0;
  };

  // Has `call` do what `next` does on its output, if there is an operator that does both, and says whether.
  static bool fuse(Call& call, const Call& next);

  // Exchanges calls where the gradient of a relu follows that of the max-pool behind it: the relu of the
  // maxima takes the same gradients away, of fewer elements. The arrays at `kept` are read by others.
  static void reluBeforePool(std::vector<std::unique_ptr<Call>>& calls,
                             const std::unordered_set<const void*>& kept);

  // Has a convolution give the maxima of windows of its outputs, or of their relu, where nobody else reads
  // those.
  static void poolConvolutions(std::vector<std::unique_ptr<Call>>& calls,
                               const std::unordered_set<const void*>& kept);

  static constexpr int32_t kHost = -1;

  // What this thread records, or null
  static thread_local Program* recording;

  explicit Program(napi_env env) : env_(env) {}
  Program(const Program&) = delete;
  ~Program();

  // Keeps the memory of an array until the program is freed or planned.
  void hold(napi_value array, const void* data);
  // `device`: the number of the call's, or kHost
  void add(std::unique_ptr<Call> call, int32_t device) {
    if (calls_.empty()) device_ = device;
    isMixed_ |= device != device_;
    calls_.push_back(std::move(call));
  }
  // Whether calls are of several devices: the program cannot be run then.
  bool isMixed() const { return isMixed_; }

  // A copy of an array of the host on a device, the one that is selected, brought up to date before each run;
  // null after an exception
  void* stage(napi_value array, const void* host, int64_t bytes, int32_t device);

  // Moves what only the program knows to one block of memory, where arrays that are not needed at the same
  // time share their places. The arrays at `kept`, and those that a call reads before any has written all of
  // them, stay where they are.
  void plan(const std::unordered_set<const void*>& kept);

  // Has what calls read of the memory [data, data + bytes) follow lend(), once the program is planned.
  void borrow(const void* data, int64_t bytes);
  // The array of as many bytes whose contents the next runs read in the place of the borrowed one's; on a
  // device, whose graph has its addresses, that one itself
  void lend(const void* data);
  int64_t borrowedBytes() const { return borrowedBytes_; }

  void run();

 private:
  struct Held {
    const void* data;
    napi_ref reference;
  };
  struct Staged {
    const void* host;
    int64_t bytes;
    void* copy;
  };
  struct Borrowed {
    void* slot;
    int64_t offset;
  };

  napi_env env_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::vector<Held> held_;
  std::vector<Borrowed> borrowed_;
  int64_t borrowedBytes_ = 0;
  std::vector<Staged> staged_;
  int32_t device_ = kHost;
  bool isMixed_ = false;
  void* arena_ = nullptr;
  int64_t arenaBytes_ = 0;  // of the host
  void* graph_ = nullptr;

  void* allocateArena(int64_t bytes);
  void runCalls() const {
    for (const auto& call : calls_) call->run();
  }
};

}  // namespace lr::addon
