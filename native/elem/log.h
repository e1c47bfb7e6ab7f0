// log(x) in float for positive normal x, to within one unit in the last place; NaN for NaN and infinity for
// infinity. x = 2^e · m with m in [sqrt(1/2), sqrt(2)); log(m) by the minimax polynomial in m - 1 of Cephes'
// logf.
#pragma once

template <class T>
LR_ELEM T logOf(T x) {
  const auto bits = unsignedOf(bitsOf(x));
  const auto e = signedOf(bits - 0x3f3504f3u) >> 23;
  const T m = floatOf(signedOf(bits - (unsignedOf(e) << 23))) - 1.0f;
  const T z = m * m;
  T p = T{} + 7.0376836292e-2f;
  p = fmadd(p, m, T{} - 1.1514610310e-1f);
  p = fmadd(p, m, T{} + 1.1676998740e-1f);
  p = fmadd(p, m, T{} - 1.2420140846e-1f);
  p = fmadd(p, m, T{} + 1.4249322787e-1f);
  p = fmadd(p, m, T{} - 1.6668057665e-1f);
  p = fmadd(p, m, T{} + 2.0000714765e-1f);
  p = fmadd(p, m, T{} - 2.4999993993e-1f);
  p = fmadd(p, m, T{} + 3.3333331174e-1f);
  const T exponent = convert(e);
  T y = p * m * z;
  y = fmadd(exponent, T{} - 2.12194440e-4f, y);
  y = fmadd(z, T{} - 0.5f, y);
  y = fmadd(exponent, T{} + 0.693359375f, m + y);
  return x < __builtin_inff() ? y : x;
}
