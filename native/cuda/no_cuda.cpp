// The device of builds without CUDA: none.
#include "lr/device.h"

namespace lr {
namespace {

const char* unavailable() {
  return "this build has no CUDA backend: build the addon with LR_CUDA=on, which takes the CUDA toolkit";
}
int count() { return 0; }

}  // namespace

const Device* cudaDevice() {
  static const Device none = [] {
    Device device{};
    device.name = "cuda";
    device.unavailable = unavailable;
    device.count = count;
    return device;
  }();
  return &none;
}

}  // namespace lr
