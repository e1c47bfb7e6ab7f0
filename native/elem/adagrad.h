// Adagrad: PyTorch's _single_tensor_adagrad
#pragma once
#include "elem/step.h"

struct Adagrad {
  Gradient gradient;
  float eps, negativeLr;

  explicit Adagrad(const StepNumbers& s)
      : gradient(s.hyper[0], s.hyper[2]),
        eps(static_cast<float>(s.hyper[1])),
        negativeLr(static_cast<float>(-s.scalars[0])) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& sum) const {
    grad = gradient(param, grad);
    sum = sum + grad * grad;
    param = param + (negativeLr * grad) / (sqrtOf(sum) + eps);
  }
};
