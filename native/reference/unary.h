// Functions of one element by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// a and b are rounded to the type of the elements
inline double unaryOf(int32_t kind, double a, double b, double x) {
  (void)b;
  switch (kind) {
    case kUnaryExp:
      return std::exp(x);
    case kUnaryLog:
      return std::log(x);
    case kUnarySqrt:
      return std::sqrt(x);
    case kUnaryAbs:
      return std::fabs(x);
    case kUnarySigmoid:
      return 1 / (1 + std::exp(-x));
    case kUnaryTanh:
      return std::tanh(x);
    case kUnaryGelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case kUnaryGeluTanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case kUnarySilu:
      return x / (1 + std::exp(-x));
    case kUnarySoftplus:
      return x > 20 ? x : std::log1p(std::exp(x));
    case kUnaryLeakyRelu:
      return x > 0 ? x : x * a;
    case kUnaryRelu:
      return x <= 0 ? 0 : x;
    default:
      return NAN;
  }
}

// The derivative at x, where the function is y
inline double unarySlope(int32_t kind, double a, double b, double x, double y) {
  const double s = 1 / (1 + std::exp(-x));
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  (void)b;
  switch (kind) {
    case kUnaryExp:
      return y;
    case kUnaryLog:
      return 1 / x;
    case kUnarySqrt:
      return 0.5 / y;
    case kUnaryAbs:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case kUnarySigmoid:
      return (1 - y) * y;
    case kUnaryTanh:
      return 1 - y * y;
    case kUnaryGelu:
      return 0.5 * std::erfc(-x / std::sqrt(2.0)) + x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI);
    case kUnaryGeluTanh:
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * std::sqrt(2 / M_PI) * (1 + 3 * 0.044715 * x * x);
    case kUnarySilu:
      return s * (1 + x * (1 - s));
    case kUnarySoftplus:
      return x > 20 ? 1 : s;
    case kUnaryLeakyRelu:
      return x > 0 ? 1 : a;
    case kUnaryRelu:
      return y <= 0 ? 0 : 1;
    default:
      return NAN;
  }
}

template <class T>
void unaryForward(int32_t kind, double a, double b, int64_t n, const T* x, T* y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(unaryOf(kind, static_cast<T>(a), static_cast<T>(b), x[i]));
}

template <class T>
void unaryBackward(int32_t kind, double a, double b, int64_t n, const T* x, const T* y, const T* dy, T* dx) {
  for (int64_t i = 0; i < n; ++i) {
    const double slope = unarySlope(kind, static_cast<T>(a), static_cast<T>(b), x[i], y[i]);
    // What does not pass relu has the gradient 0, whatever dy is.
    dx[i] = kind == kUnaryRelu && slope == 0 ? 0 : static_cast<T>(dy[i] * slope);
  }
}

}  // namespace lr::reference
