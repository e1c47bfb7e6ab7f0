// exp(x) in float, to within one unit in the last place; 0 below -103.98, infinity above 88.73, NaN for NaN.
// x = n·log 2 + r with |r| <= log(2)/2; exp(r) by its Taylor-like minimax polynomial of degree 6; 2^n by its
// bits, in two factors so that results reach into the subnormal range.
#pragma once

template <class T>
LR_ELEM T expOf(T x) {
  const T low = T{} - 105.0f, high = T{} + 89.0f;
  T y = x < low ? low : x;
  y = y > high ? high : y;
  const T magic = T{} + 12582912.0f;  // 1.5 · 2^23: adding it rounds to an integer
  const T n = fmadd(y, T{} + 1.44269504088896341f, magic) - magic;
  T r = fmadd(n, T{} - 0.693359375f, y);
  r = fmadd(n, T{} + 2.12194440e-4f, r);
  T p = T{} + 1.9875691500e-4f;
  p = fmadd(p, r, T{} + 1.3981999507e-3f);
  p = fmadd(p, r, T{} + 8.3334519073e-3f);
  p = fmadd(p, r, T{} + 4.1665795894e-2f);
  p = fmadd(p, r, T{} + 1.6666665459e-1f);
  p = fmadd(p, r, T{} + 5.0000001201e-1f);
  p = fmadd(p, r * r, r) + 1.0f;
  const auto bits = bitsOf(n + magic) - bitsOf(magic);  // n as an integer
  const auto half = bits >> 1;
  return p * floatOf((half + 127) << 23) * floatOf((bits - half + 127) << 23);
}
