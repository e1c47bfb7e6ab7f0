// Arrays in the memory of a device, as JavaScript has them: objects of DeviceArray
// (packages/lr-native/src/device-array.ts), each wrapped with what is here. Arrays may share memory; it is
// given back by free(), or once all of them have been collected.
//
// Finalizers of Node-API wait for the event loop, which a synchronous training loop never returns to. So
// nothing here relies on them: every array has a weak reference, V8 clears it as it collects the object, and
// allocations look through the references now and then. Where more memory has been allocated than is worth
// keeping, they have V8 collect first.
#pragma once
#include <node_api.h>

#include <cstdint>

#include "lr/device.h"

namespace lr::addon {

struct DeviceMemory {
  void* data;  // null once freed
  int64_t bytes;
  int32_t device;
  int32_t arrays;  // that share it
};

struct DeviceArray {
  DeviceMemory* memory;
  int64_t offset, length;
  int32_t element;  // Element
  napi_ref self;

  void* data() const { return static_cast<char*>(memory->data) + offset; }
  int32_t device() const { return memory->device; }
  bool isFreed() const { return memory->data == nullptr; }

  // Whether this thread has any: what a call on arrays of the host costs that the device exists.
  static bool any() { return count > 0; }
  // What `value` is wrapped with, or null where it is no such array
  static const DeviceArray* of(napi_env env, napi_value value);

  static thread_local int64_t count;
};

// Throws the DeviceError of JavaScript.
void throwDeviceError(napi_env env, const char* text);

// Memory for `bytes`, or null after an exception where there is none, even after a collection.
void* allocateOnDevice(napi_env env, int32_t device, int64_t bytes);

}  // namespace lr::addon
