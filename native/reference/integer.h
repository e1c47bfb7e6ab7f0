// Integers and conversions by definition.
#pragma once
#include <cstring>

#include "reference/binary.h"
#include "reference/strided.h"

namespace lr::reference {

// Calls body(T{}) with the type of the elements, which are integers or booleans.
template <class Body>
void withInteger(int32_t element, const Body& body) {
  switch (element) {
    case kElementInt32:
      return body(int32_t{});
    case kElementInt64:
      return body(int64_t{});
    default:
      return body(uint8_t{});
  }
}
// The same with any
template <class Body>
void withElement(int32_t element, const Body& body) {
  switch (element) {
    case kElementFloat32:
      return body(float{});
    case kElementFloat64:
      return body(double{});
    default:
      return withInteger(element, body);
  }
}

template <class E>
LR_NUMBERS E elementAt(const uint8_t* x, int64_t i) {
  E value;
  std::memcpy(&value, x + i * static_cast<int64_t>(sizeof value), sizeof value);
  return value;
}
template <class E>
LR_NUMBERS void putElement(uint8_t* x, int64_t i, E value) {
  std::memcpy(x + i * static_cast<int64_t>(sizeof value), &value, sizeof value);
}

using Wide = __int128;

LR_NUMBERS Wide integerOf(int32_t kind, Wide a, Wide b) {
  switch (kind) {
    case kIntegerAdd:
      return a + b;
    case kIntegerSub:
      return a - b;
    case kIntegerMul:
      return a * b;
    case kIntegerPow: {
      if (b < 0) return 0;
      uint64_t y = 1, square = static_cast<uint64_t>(a);
      for (; b > 0; b /= 2, square *= square) y *= b % 2 == 1 ? square : 1;
      return static_cast<int64_t>(y);
    }
    case kIntegerMaximum:
      return a > b ? a : b;
    case kIntegerMinimum:
      return a < b ? a : b;
    case kIntegerFmod:
      return b == 0 ? 0 : a % b;
    case kIntegerRemainder:
      return b == 0 ? 0 : (a % b + b) % b;
    case kIntegerAnd:
      return a & b;
    case kIntegerOr:
      return a | b;
    default:
      return a ^ b;
  }
}

template <class T>
void integerForward(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  withInteger(element, [&](auto type) {
    using E = decltype(type);
    forEachPlace(s, [&](int64_t i, const int64_t* at) {
      const Wide left = static_cast<Wide>(elementAt<E>(a, at[0])),
                 right = static_cast<Wide>(elementAt<E>(b, at[1]));
      putElement<E>(y, i, static_cast<E>(integerOf(kind, left, right)));
    });
  });
}

template <class T>
void integerCompare(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  withInteger(element, [&](auto type) {
    using E = decltype(type);
    forEachPlace(s, [&](int64_t i, const int64_t* at) {
      y[i] = compares(kind, elementAt<E>(a, at[0]), elementAt<E>(b, at[1]));
    });
  });
}

// x without its fraction; the least where it is no 64-bit integer
template <class E>
LR_NUMBERS int64_t wholeOf(E x) {
  if constexpr (std::is_floating_point_v<E>) {
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? static_cast<int64_t>(x) : INT64_MIN;
  } else {
    return x;
  }
}

// As an element of another type, whose booleans are bytes too
template <class To, class From>
LR_NUMBERS To converted(From value, bool isBool) {
  if constexpr (std::is_floating_point_v<To>) {
    return static_cast<To>(value);
  } else {
    return isBool ? static_cast<To>(value != 0) : static_cast<To>(wholeOf(value));
  }
}

template <class T>
void convert(int32_t from, int32_t to, int64_t n, const uint8_t* x, uint8_t* y) {
  withElement(from, [&](auto fromType) {
    using From = decltype(fromType);
    withElement(to, [&](auto toType) {
      using To = decltype(toType);
      for (int64_t i = 0; i < n; ++i)
        putElement<To>(y, i, converted<To>(elementAt<From>(x, i), to == kElementBool));
    });
  });
}

}  // namespace lr::reference
