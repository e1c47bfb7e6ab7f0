// Adamax: PyTorch's _single_tensor_adamax
#pragma once
#include "elem/step.h"
#include "elem/unary.h"

struct Adamax {
  Lerp average;
  float beta2, eps, negativeStepSize;
  Gradient gradient;

  explicit Adamax(const StepNumbers& s)
      : average(1 - s.hyper[0]),
        beta2(static_cast<float>(s.hyper[1])),
        eps(static_cast<float>(s.hyper[2])),
        negativeStepSize(static_cast<float>(-s.scalars[0])),
        gradient(s.hyper[3], s.hyper[4]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg, T& expInf) const {
    grad = gradient(param, grad);
    expAvg = average(expAvg, grad);
    expInf = maximumOf(expInf * beta2, magnitudeOf(grad) + eps);
    param = param + (negativeStepSize * expAvg) / expInf;
  }
};
