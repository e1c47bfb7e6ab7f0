// Lion: Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023)
#pragma once
#include "elem/step.h"

struct Lion {
  float lr;
  Lerp towardsUpdate, average;
  Decay decay;
  Gradient gradient;

  explicit Lion(const StepNumbers& s)
      : lr(static_cast<float>(s.hyper[0])),
        towardsUpdate(1 - s.hyper[1]),
        average(1 - s.hyper[2]),
        decay(s.hyper[0], s.hyper[3]),
        gradient(0, s.hyper[4]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg) const {
    param = decay(param);
    grad = gradient(param, grad);
    param = param - lr * signOf(towardsUpdate(expAvg, grad));
    expAvg = average(expAvg, grad);
  }
};
