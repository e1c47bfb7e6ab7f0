// Memory of devices and what lies in it.
#include "addon/device_array.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unordered_set>
#include <vector>

#include "addon/arguments.h"
#include "addon/functions.h"
#include "addon/lengths.h"

namespace lr::addon {
namespace {

// Between two collections at least so much is allocated, in bytes and in arrays.
constexpr int64_t kMinBytes = 256 << 20;
constexpr int64_t kMinArrays = 1 << 14;

// The arrays of one thread
class Arrays {
 public:
  void add(DeviceArray* array) {
    all_.insert(array);
    ++DeviceArray::count;
    if (array->memory->arrays++ == 0) bytes_ += array->memory->bytes;
  }

  bool has(const DeviceArray* array) const { return all_.count(const_cast<DeviceArray*>(array)) != 0; }

  // Gives the memory back now; its arrays stay, to say that they have none.
  void free(DeviceMemory* memory) {
    if (memory->data == nullptr) return;
    cudaDevice()->select(memory->device);
    cudaDevice()->release(memory->data);
    memory->data = nullptr;
    bytes_ -= memory->bytes;
  }

  // Drops the arrays whose objects V8 has collected.
  void sweep(napi_env env) {
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    for (auto it = all_.begin(); it != all_.end();) {
      napi_value object = nullptr;
      napi_get_reference_value(env, (*it)->self, &object);
      DeviceArray* array = *it;
      ++it;
      if (object == nullptr) drop(env, array);
    }
    napi_close_handle_scope(env, scope);
  }

  // Has V8 collect all garbage, which it does where memory that it is told of grows beyond its limits.
  void collect(napi_env env) {
    constexpr int64_t kMuch = int64_t{1} << 40;
    int64_t now;
    napi_adjust_external_memory(env, kMuch, &now);
    napi_adjust_external_memory(env, -kMuch, &now);
    sweep(env);
  }

  // Called before `bytes` are allocated
  void makeRoom(napi_env env, int64_t bytes) {
    if (static_cast<int64_t>(all_.size()) >= arrayLimit_) {
      sweep(env);
      arrayLimit_ = 2 * static_cast<int64_t>(all_.size()) + kMinArrays;
    }
    if (bytes_ + bytes <= byteLimit_) return;
    sweep(env);
    if (bytes_ + bytes > byteLimit_ / 4 * 3) {
      collect(env);
      byteLimit_ = 2 * (bytes_ + bytes) + kMinBytes;
    }
  }

  void clear(napi_env env) {
    while (!all_.empty()) drop(env, *all_.begin());
  }

 private:
  void drop(napi_env env, DeviceArray* array) {
    if (--array->memory->arrays == 0) {
      free(array->memory);
      delete array->memory;
    }
    napi_delete_reference(env, array->self);
    all_.erase(array);
    --DeviceArray::count;
    delete array;
  }

  std::unordered_set<DeviceArray*> all_;
  int64_t bytes_ = 0;
  int64_t byteLimit_ = kMinBytes, arrayLimit_ = kMinArrays;  // where to look for what has been collected
};

thread_local Arrays arrays;
thread_local napi_ref deviceError = nullptr;

// The device that argument i names by its number, selected; false after an exception
bool selectDevice(Arguments& args, size_t i) {
  const int32_t index = args.integer(i);
  if (args.failed()) return false;
  const Device* device = cudaDevice();
  if (const char* why = device->unavailable()) {
    throwDeviceError(args.env(), why);
    return false;
  }
  if (index < 0 || index >= device->count()) {
    args.fail(i, "the number of a device");
    return false;
  }
  device->select(index);
  return true;
}

// Argument i, its device selected; null after an exception
const DeviceArray* arrayAt(Arguments& args, size_t i) {
  if (args.failed()) return nullptr;
  const DeviceArray* array = DeviceArray::of(args.env(), args.value(i));
  if (array == nullptr) {
    args.fail(i, "a DeviceArray");
    return nullptr;
  }
  if (array->isFreed()) {
    throwDeviceError(args.env(), "expected an array whose memory is there but it has been freed");
    return nullptr;
  }
  cudaDevice()->select(array->device());
  return array;
}

struct HostBytes {
  char* data = nullptr;
  int64_t bytes = -1;
};
HostBytes hostBytes(Arguments& args, size_t i) {
  napi_typedarray_type type;
  size_t elements = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(args.env(), args.value(i), &type, &elements, &data, nullptr, nullptr) !=
      napi_ok) {
    args.fail(i, "a typed array");
    return {};
  }
  const int64_t width =
      type == napi_float64_array || type == napi_bigint64_array || type == napi_biguint64_array ? 8
      : type == napi_float32_array || type == napi_int32_array || type == napi_uint32_array     ? 4
      : type == napi_int16_array || type == napi_uint16_array                                   ? 2
                                                                                                : 1;
  return {static_cast<char*>(data), static_cast<int64_t>(elements) * width};
}

// Whether the device has met an error, but one of `expected`, which is thrown then
bool hasFailed(napi_env env, const char* expected = nullptr) {
  const char* why = cudaDevice()->error();
  if (why == nullptr || (expected != nullptr && std::strstr(why, expected) != nullptr)) return false;
  throwDeviceError(env, why);
  return true;
}

bool wrap(napi_env env, napi_value object, DeviceArray* array) {
  // A reference of one's own takes a finalizer, which has nothing to do: whoever drops the array deletes it.
  const auto nothing = [](napi_env, void*, void*) {};
  if (napi_wrap(env, object, array, nothing, nullptr, &array->self) != napi_ok) return false;
  static thread_local bool isWatched = false;
  if (!isWatched) {
    isWatched = true;
    napi_add_env_cleanup_hook(env, [](void* data) { arrays.clear(static_cast<napi_env>(data)); }, env);
  }
  arrays.add(array);
  return true;
}

}  // namespace

thread_local int64_t DeviceArray::count = 0;

const DeviceArray* DeviceArray::of(napi_env env, napi_value value) {
  void* wrapped = nullptr;
  if (napi_unwrap(env, value, &wrapped) != napi_ok) return nullptr;
  const auto* array = static_cast<const DeviceArray*>(wrapped);
  return arrays.has(array) ? array : nullptr;
}

void throwDeviceError(napi_env env, const char* text) {
  napi_value message, kind, error;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &message);
  if (deviceError != nullptr && napi_get_reference_value(env, deviceError, &kind) == napi_ok &&
      napi_new_instance(env, kind, 1, &message, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, nullptr, text);
  }
}

void* allocateOnDevice(napi_env env, int32_t index, int64_t bytes) {
  const Device* device = cudaDevice();
  device->select(index);
  arrays.makeRoom(env, bytes);
  void* memory = device->allocate(bytes);
  if (memory == nullptr) {
    if (hasFailed(env, "allocate")) return nullptr;
    arrays.collect(env);
    device->select(index);
    memory = device->allocate(bytes);
  }
  if (memory == nullptr && !hasFailed(env, "allocate")) {
    int64_t allocated = 0, reserved = 0, peak = 0;
    device->statistics(&allocated, &reserved, &peak);
    char text[200];
    std::snprintf(
        text, sizeof text,
        "expected %lld bytes of memory on %s:%d but there is not enough: tensors take %lld, the cache %lld",
        static_cast<long long>(bytes), device->name, index, static_cast<long long>(allocated),
        static_cast<long long>(reserved - allocated));
    throwDeviceError(env, text);
  }
  return memory;
}

// setDeviceError(kind): the class of the errors that devices throw
napi_value setDeviceError(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, args.value(0), &type);
  if (type != napi_function) {
    args.fail(0, "a class of errors");
    return nullptr;
  }
  if (deviceError != nullptr) napi_delete_reference(env, deviceError);
  napi_create_reference(env, args.value(0), 1, &deviceError);
  return nullptr;
}

// deviceInfo(): { name, unavailable, libraries, devices }
napi_value deviceInfo(napi_env env, napi_callback_info) {
  const Device* device = cudaDevice();
  const char* why = device->unavailable();
  napi_value info, name, unavailable, libraries, devices;
  napi_create_object(env, &info);
  napi_create_string_utf8(env, device->name, NAPI_AUTO_LENGTH, &name);
  napi_get_null(env, &unavailable);
  if (why != nullptr) napi_create_string_utf8(env, why, NAPI_AUTO_LENGTH, &unavailable);
  napi_create_string_utf8(env, device->libraries(), NAPI_AUTO_LENGTH, &libraries);
  napi_create_array(env, &devices);
  for (int i = 0; why == nullptr && i < device->count(); ++i) {
    napi_value text;
    napi_create_string_utf8(env, device->describe(i), NAPI_AUTO_LENGTH, &text);
    napi_set_element(env, devices, static_cast<uint32_t>(i), text);
  }
  napi_set_named_property(env, info, "name", name);
  napi_set_named_property(env, info, "unavailable", unavailable);
  napi_set_named_property(env, info, "libraries", libraries);
  napi_set_named_property(env, info, "devices", devices);
  return info;
}

// deviceAllocate(object, device, element, length): the object is an array from then on, of any content
napi_value deviceAllocate(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t index = args.integer(1);
  const int32_t element = args.integer(2);
  const int64_t length = args.count(3);
  const int64_t bytes = lengths::product({length, elementWidth(element)});
  if (!args.failed() && (bytes < 0 || length > UINT32_MAX)) args.fail(3, "a number of elements below 2^32");
  if (args.failed() || !selectDevice(args, 1)) return nullptr;
  void* data = allocateOnDevice(env, index, std::max<int64_t>(bytes, 1));
  if (data == nullptr) return nullptr;
  auto memory = std::make_unique<DeviceMemory>(DeviceMemory{data, bytes, index, 0});
  auto array = std::make_unique<DeviceArray>(DeviceArray{memory.get(), 0, length, element, nullptr});
  if (wrap(env, args.value(0), array.get())) {
    array.release();
    memory.release();
  } else {
    cudaDevice()->release(data);
    args.fail(0, "an object");
  }
  return nullptr;
}

// deviceView(object, of, element, byteOffset, length): the object shares the memory of `of`
napi_value deviceView(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* of = arrayAt(args, 1);
  if (of == nullptr) return nullptr;
  const int32_t element = args.integer(2);
  const int64_t offset = args.count(3), length = args.count(4);
  const int64_t bytes = lengths::product({length, elementWidth(element)});
  const int64_t whole = of->length * elementWidth(of->element);
  if (!args.failed() && (bytes < 0 || offset < 0 || offset > whole - bytes))
    args.fail(4, "elements of the array");
  if (args.failed()) return nullptr;
  auto array =
      std::make_unique<DeviceArray>(DeviceArray{of->memory, of->offset + offset, length, element, nullptr});
  if (wrap(env, args.value(0), array.get()))
    array.release();
  else
    args.fail(0, "an object");
  return nullptr;
}

// deviceFree(array)
napi_value deviceFree(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* array = DeviceArray::of(env, args.value(0));
  if (array == nullptr)
    args.fail(0, "a DeviceArray");
  else
    arrays.free(array->memory);
  return nullptr;
}

napi_value deviceIsFreed(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* array = DeviceArray::of(env, args.value(0));
  napi_value value;
  napi_get_boolean(env, array == nullptr || array->isFreed(), &value);
  return value;
}

// deviceWrite(array, byteOffset, host)
napi_value deviceWrite(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* array = arrayAt(args, 0);
  if (array == nullptr) return nullptr;
  const int64_t offset = args.count(1);
  const HostBytes host = hostBytes(args, 2);
  const int64_t whole = array->length * elementWidth(array->element);
  if (!args.failed() && (offset < 0 || offset > whole - host.bytes)) args.fail(1, "a place within the array");
  if (args.failed() || host.bytes == 0) return nullptr;
  cudaDevice()->copyIn(static_cast<char*>(array->data()) + offset, host.data, host.bytes);
  hasFailed(env);
  return nullptr;
}

// deviceRead(array, host): all of it, once everything before has been done
napi_value deviceRead(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* array = arrayAt(args, 0);
  if (array == nullptr) return nullptr;
  const HostBytes host = hostBytes(args, 1);
  if (!args.failed() && host.bytes != array->length * elementWidth(array->element)) {
    args.fail(1, "a typed array of as many bytes");
  }
  if (args.failed()) return nullptr;
  if (host.bytes > 0) cudaDevice()->copyOut(host.data, array->data(), host.bytes);
  cudaDevice()->synchronize();
  hasFailed(env);
  return nullptr;
}

// deviceCopy(to, byteOffset, from): of one device
napi_value deviceCopy(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const DeviceArray* to = arrayAt(args, 0);
  const int64_t offset = args.count(1);
  const DeviceArray* from = to == nullptr ? nullptr : arrayAt(args, 2);
  if (from == nullptr) return nullptr;
  const int64_t bytes = from->length * elementWidth(from->element);
  const int64_t whole = to->length * elementWidth(to->element);
  if (offset < 0 || offset > whole - bytes) args.fail(1, "a place within the array");
  if (from->device() != to->device()) args.fail(2, "an array of the same device");
  if (args.failed() || bytes == 0) return nullptr;
  cudaDevice()->copyWithin(static_cast<char*>(to->data()) + offset, from->data(), bytes);
  hasFailed(env);
  return nullptr;
}

// deviceAllow(tf32, bfloat16)
napi_value deviceAllow(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t tf32 = args.integer(0), bfloat16 = args.integer(1);
  if (args.failed()) return nullptr;
  cudaDevice()->allowTf32(tf32);
  cudaDevice()->allowBfloat16(bfloat16);
  return nullptr;
}

// deviceSynchronize(device)
napi_value deviceSynchronize(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  if (!selectDevice(args, 0)) return nullptr;
  cudaDevice()->synchronize();
  hasFailed(env);
  return nullptr;
}

// deviceEmptyCache(device): after a collection
napi_value deviceEmptyCache(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  if (!selectDevice(args, 0)) return nullptr;
  arrays.collect(env);
  selectDevice(args, 0);
  cudaDevice()->emptyCache();
  return nullptr;
}

// deviceMemoryStats(device): [allocated, reserved, peak] in bytes, without what has been collected
napi_value deviceMemoryStats(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  if (!selectDevice(args, 0)) return nullptr;
  arrays.sweep(env);
  selectDevice(args, 0);
  int64_t bytes[3] = {0, 0, 0};
  cudaDevice()->statistics(&bytes[0], &bytes[1], &bytes[2]);
  napi_value list;
  napi_create_array(env, &list);
  for (uint32_t i = 0; i < 3; ++i) {
    napi_value value;
    napi_create_int64(env, bytes[i], &value);
    napi_set_element(env, list, i, value);
  }
  return list;
}

}  // namespace lr::addon
