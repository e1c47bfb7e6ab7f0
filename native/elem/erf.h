// erf(x) in float, to within two units in the last place; ±1 beyond ±3.92, NaN for NaN. Below 15/16 in
// magnitude x + x·p(x²), above 1 - exp(q(|x|)) with q the logarithm of erfc; p and q are minimax polynomials
// of degree 6, fitted for this file.
#pragma once

#include "elem/exp.h"

template <class T>
LR_ELEM T erfOf(T x) {
  const T magnitude = x < T{} ? -x : x;
  const T s = x * x;
  T p = T{} + 8.2674618170131e-05f;
  p = fmadd(p, s, T{} - 8.118075202219188e-04f);
  p = fmadd(p, s, T{} + 5.198829807341099e-03f);
  p = fmadd(p, s, T{} - 2.685849741101265e-02f);
  p = fmadd(p, s, T{} + 1.128367930650711e-01f);
  p = fmadd(p, s, T{} - 3.761263191699982e-01f);
  p = fmadd(p, s, T{} + 1.283791661262512e-01f);
  const T inner = fmadd(p, x, x);
  const T t = magnitude > 4.0f ? T{} + 4.0f : magnitude;
  T q = T{} + 1.929500576807186e-04f;
  q = fmadd(q, t, T{} - 3.013943089172244e-03f);
  q = fmadd(q, t, T{} + 2.2110354155302048e-02f);
  q = fmadd(q, t, T{} - 1.0369007289409637e-01f);
  q = fmadd(q, t, T{} - 6.374570727348328e-01f);
  q = fmadd(q, t, T{} - 1.1275125741958618f);
  q = fmadd(q, t, T{} - 2.3507642617914826e-04f);
  const T outer = 1.0f - expOf(q);
  const T result = magnitude > 0.9375f ? (x < T{} ? -outer : outer) : inner;
  return x == x ? result : x;
}
