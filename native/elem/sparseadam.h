// SparseAdam, on the rows that have a gradient: PyTorch's sparse_adam
#pragma once
#include "elem/step.h"

struct SparseAdam {
  float weight1, weight2, eps, negativeStepSize;
  Gradient gradient;

  explicit SparseAdam(const StepNumbers& s)
      : weight1(static_cast<float>(1 - s.hyper[0])),
        weight2(static_cast<float>(1 - s.hyper[1])),
        eps(static_cast<float>(s.hyper[2])),
        negativeStepSize(static_cast<float>(-s.scalars[0])),
        gradient(0, s.hyper[3]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg, T& expAvgSq) const {
    grad = gradient(param, grad);
    expAvg = (grad - expAvg) * weight1 + expAvg;
    expAvgSq = (grad * grad - expAvgSq) * weight2 + expAvgSq;
    param = param + negativeStepSize * (expAvg / (sqrtOf(expAvgSq) + eps));
  }
};
