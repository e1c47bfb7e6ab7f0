// Integers, booleans and conversions between types of elements: arrays are bytes, aligned as their elements.
#include "reference/integer.h"

#include "cuda/launch.h"
#include "cuda/table.h"
#include "cuda/walk.h"

namespace lr::cuda {

using reference::elementAt;
using reference::putElement;

template <class E>
struct IntegerForward {
  int32_t kind;
  Strided s;
  const uint8_t *a, *b;
  uint8_t* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    const E left = elementAt<E>(a, places.at[0]), right = elementAt<E>(b, places.at[1]);
    putElement<E>(y, i, static_cast<E>(reference::integerOf(kind, left, right)));
  }
};

template <class E>
struct IntegerCompare {
  int32_t kind;
  Strided s;
  const uint8_t *a, *b;
  uint8_t* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    y[i] = reference::compares(kind, elementAt<E>(a, places.at[0]), elementAt<E>(b, places.at[1]));
  }
};

template <class From, class To>
struct Convert {
  bool isBool;
  const uint8_t* x;
  uint8_t* y;
  __device__ void operator()(int64_t i) const {
    putElement<To>(y, i, reference::converted<To>(elementAt<From>(x, i), isBool));
  }
};

template <class T>
void integerForward(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  reference::withInteger(
      element, [&](auto type) { launchEach(sizeOf(s), IntegerForward<decltype(type)>{kind, s, a, b, y}); });
}
LR_CUDA_OPERATOR(integerForward)

template <class T>
void integerCompare(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  reference::withInteger(
      element, [&](auto type) { launchEach(sizeOf(s), IntegerCompare<decltype(type)>{kind, s, a, b, y}); });
}
LR_CUDA_OPERATOR(integerCompare)

template <class T>
void convert(int32_t from, int32_t to, int64_t n, const uint8_t* x, uint8_t* y) {
  reference::withElement(from, [&](auto fromType) {
    reference::withElement(to, [&](auto toType) {
      launchEach(n, Convert<decltype(fromType), decltype(toType)>{to == kElementBool, x, y});
    });
  });
}
LR_CUDA_OPERATOR(convert)

}  // namespace lr::cuda
