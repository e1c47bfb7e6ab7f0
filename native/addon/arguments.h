// Reads the arguments of a call from JavaScript: each array's type and length, so that a kernel touches no
// memory that is not its own, and nothing else. What the arguments mean is checked in TypeScript, in
// packages/lr-native/src/ops. The first argument that does not fit throws a TypeError; after that every
// getter returns null or zeros, and the caller returns once failed() says so.
#pragma once
#include <node_api.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <type_traits>

namespace lr {

class Arguments {
 public:
  static constexpr size_t kMax = 12;

  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    napi_get_cb_info(env, info, &count_, values_, nullptr, nullptr);
  }

  napi_env env() const { return env_; }
  napi_value value(size_t i) const { return values_[i]; }
  bool failed() const { return failed_; }

  // An exception has been thrown.
  void fail() { failed_ = true; }

  void fail(size_t i, const char* expectation) {
    if (failed_) return;
    failed_ = true;
    char text[160];
    std::snprintf(text, sizeof text, "[addon] expected argument %zu to be %s", i, expectation);
    napi_throw_type_error(env_, nullptr, text);
  }

  double number(size_t i) {
    double value = 0;
    if (!failed_ && napi_get_value_double(env_, values_[i], &value) != napi_ok) fail(i, "a number");
    return value;
  }

  int32_t integer(size_t i) {
    int32_t value = 0;
    if (!failed_ && napi_get_value_int32(env_, values_[i], &value) != napi_ok) fail(i, "an integer");
    return value;
  }

  // A struct of int32 fields that crosses as an Int32Array of as many elements.
  template <class Shape>
  Shape shape(size_t i) {
    Shape shape{};
    const int64_t fields = sizeof(Shape) / sizeof(int32_t);
    if (const void* data = array(i, napi_int32_array, &fields)) std::memcpy(&shape, data, sizeof shape);
    return shape;
  }

  int64_t count(size_t i) {
    int64_t value = 0;
    if (!failed_ && napi_get_value_int64(env_, values_[i], &value) != napi_ok) fail(i, "an integer");
    return value;
  }

  template <class T>
  T* elements(size_t i, int64_t length) {
    return static_cast<T*>(array(i, kTypeOf<T>, &length));
  }

  bool isFloat64(size_t i) const {
    napi_typedarray_type type = napi_float32_array;
    napi_get_typedarray_info(env_, values_[i], &type, nullptr, nullptr, nullptr, nullptr);
    return type == napi_float64_array;
  }

  // At least `length` elements: callers keep an array that has grown.
  double* doubles(size_t i, int64_t length) {
    int64_t elements = 0;
    auto* data = static_cast<double*>(array(i, napi_float64_array, nullptr, &elements));
    if (!failed_ && elements < length) fail(i, "a Float64Array of more elements");
    return failed_ ? nullptr : data;
  }

  bool isNull(size_t i) const { return isNull(values_[i]); }

  bool isNull(napi_value value) const {
    napi_valuetype type = napi_undefined;
    napi_typeof(env_, value, &type);
    return type == napi_null;
  }

  // The data of a typed array, or null. `length` receives the number of elements.
  void* typedArray(napi_value value, napi_typedarray_type type, int64_t* length) const {
    napi_typedarray_type actual;
    size_t elements = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(env_, value, &actual, &elements, &data, nullptr, nullptr) != napi_ok)
      return nullptr;
    if (actual != type) return nullptr;
    *length = static_cast<int64_t>(elements);
    // An empty array may have no memory: any address will do, since nothing is read.
    static char nothing;
    return data != nullptr ? data : &nothing;
  }

  template <class T>
  static constexpr napi_typedarray_type kTypeOf = std::is_same_v<T, float>     ? napi_float32_array
                                                  : std::is_same_v<T, double>  ? napi_float64_array
                                                  : std::is_same_v<T, int32_t> ? napi_int32_array
                                                                               : napi_uint8_array;

 private:
  void* array(size_t i, napi_typedarray_type type, const int64_t* expected, int64_t* length = nullptr) {
    if (failed_) return nullptr;
    int64_t elements = 0;
    void* data = typedArray(values_[i], type, &elements);
    if (data == nullptr || (expected != nullptr && elements != *expected)) {
      const char* name = type == napi_float32_array ? "Float32Array"
                         : type == napi_int32_array ? "Int32Array"
                         : type == napi_uint8_array ? "Uint8Array"
                                                    : "Float64Array";
      char text[96];
      if (expected != nullptr) {
        std::snprintf(text, sizeof text, "a %s of %lld elements", name, static_cast<long long>(*expected));
      } else {
        std::snprintf(text, sizeof text, "a %s", name);
      }
      fail(i, text);
      return nullptr;
    }
    if (length != nullptr) *length = elements;
    return data;
  }

  napi_env env_;
  size_t count_ = kMax;
  napi_value values_[kMax];
  bool failed_ = false;
};

}  // namespace lr
