// tanh(x) in float, to within two units in the last place; NaN for NaN. Below 0.625 in magnitude the minimax
// polynomial of Cephes' tanhf, above 1 - 2 / (exp(2|x|) + 1).
#pragma once

#include "elem/exp.h"

template <class T>
LR_ELEM T tanhOf(T x) {
  const T magnitude = x < T{} ? -x : x;
  const T s = x * x;
  T p = T{} - 5.70498872745e-3f;
  p = fmadd(p, s, T{} + 2.06390887954e-2f);
  p = fmadd(p, s, T{} - 5.37397155531e-2f);
  p = fmadd(p, s, T{} + 1.33314422036e-1f);
  p = fmadd(p, s, T{} - 3.33332819422e-1f);
  const T inner = fmadd(p * s, x, x);
  const T outer = 1.0f - 2.0f / (expOf(magnitude + magnitude) + 1.0f);
  return magnitude < 0.625f ? inner : (x < T{} ? -outer : outer);
}
