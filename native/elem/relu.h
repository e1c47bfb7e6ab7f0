// relu on a float or a vector of them. NaN stays NaN, as in PyTorch.
#pragma once

template <class T>
LR_ELEM T relu(T x) {
  return x <= T{} ? T{} : x;
}

// y = relu(x)
template <class T>
LR_ELEM T reluGradient(T y, T dy) {
  return y <= T{} ? T{} : dy;
}
