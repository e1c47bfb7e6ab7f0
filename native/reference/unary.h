// Functions of one element by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;

// a and b are rounded to the type of the elements
LR_NUMBERS double unaryOf(int32_t kind, double a, double b, double x) {
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
      return x * a > b ? x : std::log1p(std::exp(x * a)) / a;
    case kUnaryLeakyRelu:
      return x > 0 ? x : x * a;
    case kUnaryRelu:
      return x <= 0 ? 0 : x;
    case kUnaryNeg:
      return -x;
    case kUnarySign:
      return x > 0 ? 1 : x < 0 ? -1 : 0;
    case kUnaryExp2:
      return std::exp2(x);
    case kUnaryExpm1:
      return std::expm1(x);
    case kUnaryLog2:
      return std::log2(x);
    case kUnaryLog10:
      return std::log10(x);
    case kUnaryLog1p:
      return std::log1p(x);
    case kUnaryRsqrt:
      return 1 / std::sqrt(x);
    case kUnarySquare:
      return x * x;
    case kUnaryReciprocal:
      return 1 / x;
    case kUnarySin:
      return std::sin(x);
    case kUnaryCos:
      return std::cos(x);
    case kUnaryTan:
      return std::tan(x);
    case kUnaryAsin:
      return std::asin(x);
    case kUnaryAcos:
      return std::acos(x);
    case kUnaryAtan:
      return std::atan(x);
    case kUnarySinh:
      return std::sinh(x);
    case kUnaryCosh:
      return std::cosh(x);
    case kUnaryFloor:
      return std::floor(x);
    case kUnaryCeil:
      return std::ceil(x);
    case kUnaryRound:
      return std::nearbyint(x);
    case kUnaryTrunc:
      return std::trunc(x);
    case kUnaryErf:
      return std::erf(x);
    case kUnaryErfc:
      return std::erfc(x);
    case kUnaryClamp:
    case kUnaryHardtanh: {
      const double y = x < a ? a : x;
      return y > b ? b : y;
    }
    case kUnaryElu:
      return x > 0 ? x : a * std::expm1(x);
    case kUnaryCelu:
      return x > 0 ? x : a * std::expm1(x / a);
    case kUnarySelu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case kUnaryMish:
      return x * std::tanh(std::log1p(std::exp(x > 40 ? 40 : x)));
    case kUnarySoftsign:
      return x / (1 + std::fabs(x));
    case kUnaryHardsigmoid:
      return x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5;
    case kUnaryHardswish:
      return x * (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5);
    case kUnaryLogsigmoid:
      return (x < 0 ? x : 0) - std::log1p(std::exp(-std::fabs(x)));
    case kUnaryTanhshrink:
      return std::fabs(x) < 1e-3 ? x * x * x * (1.0 / 3 - x * x * 2 / 15) : x - std::tanh(x);
    case kUnarySoftshrink:
      return x > a ? x - a : x < -a ? x + a : x * 0;
    case kUnaryHardshrink:
      return x >= -a && x <= a ? 0 : x;
    case kUnaryThreshold:
      return x <= a ? b : x;
    default:
      return NAN;
  }
}

// The derivative at x, where the function is y
LR_NUMBERS double unarySlope(int32_t kind, double a, double b, double x, double y) {
  const double s = 1 / (1 + std::exp(-x));
  const double t = std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
  const double m = std::tanh(std::log1p(std::exp(x > 40 ? 40 : x)));
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
      return x * a > b ? 1 : 1 / (1 + std::exp(-x * a));
    case kUnaryLeakyRelu:
      return x > 0 ? 1 : a;
    case kUnaryRelu:
      return y <= 0 ? 0 : 1;
    case kUnaryNeg:
      return -1;
    case kUnarySign:
    case kUnaryFloor:
    case kUnaryCeil:
    case kUnaryRound:
    case kUnaryTrunc:
      return 0;
    case kUnaryExp2:
      return y * M_LN2;
    case kUnaryExpm1:
      return y + 1;
    case kUnaryLog2:
      return 1 / (x * M_LN2);
    case kUnaryLog10:
      return 1 / (x * M_LN10);
    case kUnaryLog1p:
      return 1 / (x + 1);
    case kUnaryRsqrt:
      return -0.5 * y * y * y;
    case kUnarySquare:
      return 2 * x;
    case kUnaryReciprocal:
      return -y * y;
    case kUnarySin:
      return std::cos(x);
    case kUnaryCos:
      return -std::sin(x);
    case kUnaryTan:
      return 1 + y * y;
    case kUnaryAsin:
      return 1 / std::sqrt(1 - x * x);
    case kUnaryAcos:
      return -1 / std::sqrt(1 - x * x);
    case kUnaryAtan:
      return 1 / (x * x + 1);
    case kUnarySinh:
      return std::cosh(x);
    case kUnaryCosh:
      return std::sinh(x);
    case kUnaryErf:
      return 2 / std::sqrt(M_PI) * std::exp(-x * x);
    case kUnaryErfc:
      return -2 / std::sqrt(M_PI) * std::exp(-x * x);
    case kUnaryClamp:
      return x >= a && x <= b ? 1 : 0;
    case kUnaryHardtanh:
      return x <= a || x >= b ? 0 : 1;
    case kUnaryElu:
      return x > 0 ? 1 : a * std::exp(x);
    case kUnaryCelu:
      return x > 0 ? 1 : std::exp(x / a);
    case kUnarySelu:
      return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x));
    case kUnaryMish:
      return m + x * s * (1 - m * m);
    case kUnarySoftsign:
      return 1 / ((1 + std::fabs(x)) * (1 + std::fabs(x)));
    case kUnaryHardsigmoid:
      return x > -3 && x < 3 ? 1.0 / 6 : 0;
    case kUnaryHardswish:
      return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1;
    case kUnaryLogsigmoid:
      return 1 / (1 + std::exp(x));
    case kUnaryTanhshrink:
      return std::tanh(x) * std::tanh(x);
    case kUnarySoftshrink:
    case kUnaryHardshrink:
      return x >= -a && x <= a ? 0 : 1;
    case kUnaryThreshold:
      return x <= a ? 0 : 1;
    default:
      return NAN;
  }
}

// Whether what does not pass has the gradient 0, whatever dy is
LR_NUMBERS bool isMask(int32_t kind) {
  switch (kind) {
    case kUnarySign:
    case kUnaryFloor:
    case kUnaryCeil:
    case kUnaryRound:
    case kUnaryTrunc:
    case kUnaryRelu:
    case kUnaryClamp:
    case kUnaryHardtanh:
    case kUnaryHardsigmoid:
    case kUnaryHardswish:
    case kUnarySoftshrink:
    case kUnaryHardshrink:
    case kUnaryThreshold:
      return true;
    default:
      return false;
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
    dx[i] = slope == 0 && isMask(kind) ? 0 : static_cast<T>(dy[i] * slope);
  }
}

}  // namespace lr::reference
