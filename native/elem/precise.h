// exp, log, sin, cos, atan, pow in double, to a relative error below 1e-10, for functions of float that are
// rounded once from them (inDouble in cpu/vec.h): half a unit in the last place. T is double or dvec. Plain
// products and sums, no fused ones: the same bits on every table.
#pragma once

// In magnitude at most exp(200): beyond what float holds, in both directions. NaN for NaN.
template <class T>
LR_ELEM T preciseExp(T x) {
  const T low = T{} - 200.0, high = T{} + 200.0;
  x = x < low ? low : x;
  x = x > high ? high : x;
  const T magic = T{} + 6755399441055744.0;  // 1.5 · 2^52: adding it rounds to an integer
  const T t = x * 1.4426950408889634 + magic;
  const T n = t - magic;
  const T r = (x - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;
  T p = T{} + 2.7557319223985893e-7;
  p = p * r + 2.7557319223985890e-6;
  p = p * r + 2.4801587301587302e-5;
  p = p * r + 1.9841269841269841e-4;
  p = p * r + 1.3888888888888889e-3;
  p = p * r + 8.3333333333333332e-3;
  p = p * r + 4.1666666666666664e-2;
  p = p * r + 1.6666666666666666e-1;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return doubleOf(signedOf(unsignedOf(bitsOf(p)) + (unsignedOf(bitsOf(t)) << 52)));
}

// exp(x) - 1; x near zero is a float
template <class T>
LR_ELEM T preciseExpm1(T x) {
  const T magnitude = x < T{} ? -x : x;
  return magnitude < 1e-5 ? x + x * x * 0.5 : preciseExp(x) - 1.0;
}

// Of zero -infinity, below zero NaN; x is not subnormal
template <class T>
LR_ELEM T preciseLog(T x) {
  const auto bits = unsignedOf(bitsOf(x));
  const auto e = signedOf(bits - uint64_t{0x3fe6a09e667f3bcd}) >> 52;
  const T exponent = doubleOf(e + 0x4338000000000000) - 6755399441055744.0;
  const T m = doubleOf(signedOf(bits - (unsignedOf(e) << 52)));  // in [sqrt(1/2), sqrt(2))
  const T s = (m - 1.0) / (m + 1.0);
  const T z = s * s;
  T p = T{} + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  const T y = exponent * 0.6931471805599453 + 2.0 * (s + s * z * p);
  const T infinity = T{} + __builtin_inf(), nan = T{} + __builtin_nan("");
  const T edge = x == T{} ? -infinity : (x > T{} ? x : nan);
  return (x > T{}) & (x < infinity) ? y : edge;
}

// log(1 + x); x near zero is a float
template <class T>
LR_ELEM T preciseLog1p(T x) {
  const T magnitude = x < T{} ? -x : x;
  return magnitude < 1e-5 ? x - x * x * 0.5 : preciseLog(x + 1.0);
}

// In [-π/2, π/2]; ±infinity included
template <class T>
LR_ELEM T preciseAtan(T x) {
  const T magnitude = x < T{} ? -x : x;
  const auto inverted = magnitude > 1.0;
  const T y = inverted ? 1.0 / magnitude : magnitude;
  const auto turned = y > 0.41421356237309503;  // tan(π/8)
  const T s = turned ? (y - 1.0) / (y + 1.0) : y;
  const T z = s * s;
  T p = T{} + 1.0 / 25;
  p = p * z - 1.0 / 23;
  p = p * z + 1.0 / 21;
  p = p * z - 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z - 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z - 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z - 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z - 1.0 / 3;
  const T inner = (turned ? T{} + 0.7853981633974483 : T{}) + (s + s * z * p);
  const T outer = inverted ? 1.5707963267948966 - inner : inner;
  return x < T{} ? -outer : (x == T{} ? x : outer);
}

// x = n · π/2 + r with |r| <= π/4. Up to 2^25 in magnitude π/2 is subtracted in three parts, whose products
// with n are exact; beyond, where x is an integer m · 2^e, by the bits of 2/π from 2^(e-2) on.
struct Quarter {
  double r;
  int64_t n;
};
LR_FUNCTION Quarter quarterOfLarge(double x) {
  static constexpr uint32_t kTwoOverPi[] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
                                            0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561};
  const int64_t bits = bitsOf(x) & 0x7fffffffffffffff;
  const int exponent = static_cast<int>(bits >> 52) - 1023;
  if (exponent > 128) return {__builtin_nan(""), 0};
  const uint64_t m = ((static_cast<uint64_t>(bits) & 0xfffffffffffff) | 0x10000000000000) >> 29;
  const int from = exponent - 23 - 2;
  // 96 bits of 2/π, then their product with m modulo 2^96: x · 2/π / 4 without its integer part
  unsigned __int128 window = 0;
  for (int i = 0; i < 4; ++i) window = window << 32 | kTwoOverPi[from / 32 + i];
  window = window << (from % 32) >> 32;
  const unsigned __int128 product = (window * m) << 32;
  const uint64_t turns = static_cast<uint64_t>(product >> 64);
  const int64_t n = static_cast<int64_t>((turns + (uint64_t{1} << 61)) >> 62);
  const auto rest = static_cast<__int128>(product - (static_cast<unsigned __int128>(n) << 126));
  const double r =
      static_cast<double>(rest) * (6.283185307179586 / 340282366920938463463374607431768211456.0);
  return bitsOf(x) < 0 ? Quarter{-r, -n} : Quarter{r, n};
}

// Sine of x, or of x + π/2
template <class T>
LR_ELEM T preciseSin(T x, int64_t quarters) {
  const T magic = T{} + 6755399441055744.0;
  const T t = x * 0.6366197723675814 + magic;
  const T rounded = t - magic;
  T r = (x - rounded * 1.570796325802803) - rounded * 9.920935739593517e-10 - rounded * 5.721188726109832e-18;
  auto n = bitsOf(t);
  const T magnitude = x < T{} ? -x : x;
  if constexpr (sizeof(T) == sizeof(double)) {
    if (!(magnitude < 33554432.0)) {
      const Quarter q = quarterOfLarge(x);
      r = q.r;
      n = q.n;
    }
  } else {
    const auto fits = magnitude < 33554432.0;
    int64_t all = -1;
    for (int i = 0; i < kLanes / 2; ++i) all &= fits[i];
    if (all == 0) {
      for (int i = 0; i < kLanes / 2; ++i) {
        if (fits[i]) continue;
        const Quarter q = quarterOfLarge(x[i]);
        r[i] = q.r;
        n[i] = q.n;
      }
    }
  }
  n += quarters;
  const T z = r * r;
  T s = T{} + 1.6059043836821613e-10;
  s = s * z - 2.505210838544172e-8;
  s = s * z + 2.7557319223985893e-6;
  s = s * z - 1.984126984126984e-4;
  s = s * z + 8.333333333333333e-3;
  s = s * z - 1.6666666666666666e-1;
  s = r + r * z * s;
  T c = T{} - 1.1470745597729725e-11;
  c = c * z + 2.08767569878681e-9;
  c = c * z - 2.755731922398589e-7;
  c = c * z + 2.48015873015873e-5;
  c = c * z - 1.388888888888889e-3;
  c = c * z + 4.1666666666666664e-2;
  c = c * z - 0.5;
  c = c * z + 1.0;
  const T y = (n & 1) != 0 ? c : s;
  return (n & 2) != 0 ? -y : y;
}

// erfc(x) = exp(-x²) · p(t) / (1 + 2x), t = (x - 4) / (x + 4), for x >= 0; p is a minimax polynomial fitted
// for this file on [0, 11], beyond which erfc is no float. 2 - erfc(-x) below zero.
template <class T>
LR_ELEM T preciseErfc(T x) {
  T y = x < T{} ? -x : x;
  y = y > 11.0 ? T{} + 11.0 : y;
  const T t = (y - 4.0) / (y + 4.0);
  T p = T{} + 0.0000429516294689750085;
  p = p * t + 0.00023654006014081024;
  p = p * t - 0.000183227448208578517;
  p = p * t - 0.000801447861940800063;
  p = p * t + 0.00500630319092609865;
  p = p * t - 0.016191892259681911;
  p = p * t + 0.0371745516246050267;
  p = p * t - 0.0663302433215061055;
  p = p * t + 0.0937320489571060998;
  p = p * t - 0.101039128587330731;
  p = p * t + 0.0680970907141423746;
  p = p * t + 0.0153796547086322511;
  p = p * t - 0.139621117340035768;
  p = p * t + 1.23299511861232418;
  const T tail = preciseExp(-(y * y)) * p / (1.0 + 2.0 * y);
  return x < T{} ? 2.0 - tail : tail;
}

// a^b, with the values at zeros, infinities and NaN that C's pow has; a and b are floats
template <class T>
LR_ELEM T precisePow(T a, T b) {
  const T magnitude = a < T{} ? -a : a;
  const T infinity = T{} + __builtin_inf(), nan = T{} + __builtin_nan("");
  T y = preciseExp(b * preciseLog(magnitude));
  y = (magnitude == 1.0) & (b == b) ? T{} + 1.0 : y;
  const T magic = T{} + 6755399441055744.0;
  const T t = b + magic;
  const T length = b < T{} ? -b : b;
  const auto large = length >= 16777216.0;  // an even integer, or infinity
  const auto odd = ((bitsOf(t) & 1) != 0) & (t - magic == b) & (length < 16777216.0);
  const auto integer = (t - magic == b) | large;
  const auto negative = bitsOf(a) < 0;
  y = negative & odd ? -y : y;
  y = (a < T{}) & (a > -infinity) & !integer & (b == b) ? nan : y;
  y = magnitude == magnitude ? y : nan;
  y = a == 1.0 ? T{} + 1.0 : y;
  return b == T{} ? T{} + 1.0 : y;
}
