// RAdam: PyTorch's _single_tensor_radam
#pragma once
#include "elem/adam.h"

struct RAdam {
  Moments moments;
  float lr, eps, biasCorrection1, biasCorrection2Sqrt, rectification;
  bool rectified;

  explicit RAdam(const StepNumbers& s)
      : moments(s.hyper),
        lr(static_cast<float>(s.hyper[0])),
        eps(static_cast<float>(s.hyper[3])),
        biasCorrection1(static_cast<float>(s.scalars[0])),
        biasCorrection2Sqrt(static_cast<float>(s.scalars[1])),
        rectification(static_cast<float>(s.scalars[2])),
        rectified(s.scalars[2] != 0) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg, T& expAvgSq) const {
    moments(param, grad, expAvg, expAvgSq);
    T update = expAvg / biasCorrection1 * lr;
    if (rectified) {
      const T inverse = 1.0f / (sqrtOf(expAvgSq) + eps);
      update = update * (inverse * biasCorrection2Sqrt) * rectification;
    }
    param = param - update;
  }
};
