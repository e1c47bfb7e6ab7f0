// A captured program: the operator calls of a step with their arguments, to be run again by one call. While a
// thread records, operators run as always and are added. The arrays of a program are held until it is freed,
// so their memory stays; nothing is allocated when it runs.
#pragma once
#include <node_api.h>

#include <functional>
#include <vector>

namespace lr::addon {

class Program {
 public:
  // What this thread records, or null
  static thread_local Program* recording;

  explicit Program(napi_env env) : env_(env) {}
  Program(const Program&) = delete;
  ~Program() {
    for (napi_ref array : arrays_) napi_delete_reference(env_, array);
  }

  void hold(napi_value array) {
    napi_ref reference;
    if (napi_create_reference(env_, array, 1, &reference) == napi_ok) arrays_.push_back(reference);
  }
  void add(std::function<void()> call) { calls_.push_back(std::move(call)); }
  void run() const {
    for (const auto& call : calls_) call();
  }

 private:
  napi_env env_;
  std::vector<std::function<void()>> calls_;
  std::vector<napi_ref> arrays_;
};

}  // namespace lr::addon
