// Functions of two elements that broadcast by definition.
#pragma once

#include "reference/strided.h"

namespace lr::reference {

LR_NUMBERS double binaryOf(int32_t kind, double a, double b) {
  const double rest = std::fmod(a, b);
  switch (kind) {
    case kBinaryAdd:
      return a + b;
    case kBinarySub:
      return a - b;
    case kBinaryMul:
      return a * b;
    case kBinaryDiv:
      return a / b;
    case kBinaryPow:
      return std::pow(a, b);
    case kBinaryMaximum:
      return a != a || a > b ? a : b;
    case kBinaryMinimum:
      return a != a || a < b ? a : b;
    case kBinaryFmod:
      return rest;
    case kBinaryRemainder:
      return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
    case kBinaryAtan2:
      return std::atan2(a, b);
    default:
      return NAN;
  }
}

// What dy is multiplied with for the gradient of the first, and of the second
struct Slopes {
  double a, b;
};
LR_NUMBERS Slopes binarySlopes(int32_t kind, double a, double b) {
  const double square = a * a + b * b;
  switch (kind) {
    case kBinaryAdd:
      return {1, 1};
    case kBinarySub:
      return {1, -1};
    case kBinaryMul:
      return {b, a};
    case kBinaryDiv:
      return {1 / b, -a / b / b};
    case kBinaryPow:
      return {b == 0 ? 0 : b * std::pow(a, b - 1), a == 0 && b >= 0 ? 0 : std::pow(a, b) * std::log(a)};
    case kBinaryMaximum:
      return a == b ? Slopes{0.5, 0.5} : Slopes{a < b ? 0.0 : 1.0, b < a ? 0.0 : 1.0};
    case kBinaryMinimum:
      return a == b ? Slopes{0.5, 0.5} : Slopes{a > b ? 0.0 : 1.0, b > a ? 0.0 : 1.0};
    case kBinaryFmod:
      return {1, -std::trunc(a / b)};
    case kBinaryRemainder:
      return {1, -std::floor(a / b)};
    case kBinaryAtan2:
      return square == 0 ? Slopes{0, 0} : Slopes{b / square, -a / square};
    default:
      return {NAN, NAN};
  }
}

template <class T>
void binaryForward(int32_t kind, const Strided& s, const T* a, const T* b, T* y) {
  forEachPlace(
      s, [=](int64_t i, const int64_t* at) { y[i] = static_cast<T>(binaryOf(kind, a[at[0]], b[at[1]])); });
}

// What does not pass the larger and the smaller is 0, whatever dy is.
LR_NUMBERS double slopeTimes(int32_t kind, double slope, double dy) {
  const bool isMask = kind == kBinaryMaximum || kind == kBinaryMinimum || kind == kBinaryPow;
  return isMask && slope == 0 ? 0 : slope * dy;
}

template <class T>
void binaryBackward(int32_t kind, const Strided& s, const T* a, const T* b, const T* dy, T* da, T* db) {
  forEachPlace(s, [=](int64_t i, const int64_t* at) {
    const Slopes slopes = binarySlopes(kind, a[at[0]], b[at[1]]);
    if (da != nullptr) da[i] = static_cast<T>(slopeTimes(kind, slopes.a, dy[i]));
    if (db != nullptr) db[i] = static_cast<T>(slopeTimes(kind, slopes.b, dy[i]));
  });
}

template <class T>
LR_NUMBERS bool compares(int32_t kind, T a, T b) {
  switch (kind) {
    case kCompareEq:
      return a == b;
    case kCompareNe:
      return a != b;
    case kCompareLt:
      return a < b;
    case kCompareLe:
      return a <= b;
    case kCompareGt:
      return a > b;
    default:
      return a >= b;
  }
}

template <class T>
void compare(int32_t kind, const Strided& s, const T* a, const T* b, uint8_t* y) {
  forEachPlace(s, [=](int64_t i, const int64_t* at) { y[i] = compares(kind, a[at[0]], b[at[1]]); });
}

template <class T>
void where(const Strided& s, const uint8_t* condition, const T* a, const T* b, T* y) {
  forEachPlace(s, [=](int64_t i, const int64_t* at) { y[i] = condition[at[0]] != 0 ? a[at[1]] : b[at[2]]; });
}

}  // namespace lr::reference
