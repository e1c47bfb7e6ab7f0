// NAdam: PyTorch's _single_tensor_nadam
#pragma once
#include "elem/adam.h"

struct NAdam {
  Moments moments;
  float eps, biasCorrection2, negativeGradStep, negativeMomentumStep;

  explicit NAdam(const StepNumbers& s)
      : moments(s.hyper),
        eps(static_cast<float>(s.hyper[3])),
        biasCorrection2(static_cast<float>(s.scalars[0])),
        negativeGradStep(static_cast<float>(-s.scalars[1])),
        negativeMomentumStep(static_cast<float>(-s.scalars[2])) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg, T& expAvgSq) const {
    moments(param, grad, expAvg, expAvgSq);
    const T denominator = sqrtOf(expAvgSq / biasCorrection2) + eps;
    param = param + (negativeGradStep * grad) / denominator;
    param = param + (negativeMomentumStep * expAvg) / denominator;
  }
};
