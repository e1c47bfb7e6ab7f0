// LARS: You et al., "Large Batch Training of Convolutional Networks" (2017)
#pragma once
#include "elem/sgd.h"

// The local learning rate over lr, in double
LR_FUNCTION double larsRatio(const double* hyper, double paramNorm, double gradNorm) {
  const double weightDecay = hyper[3], trustCoefficient = hyper[5], eps = hyper[6];
  if (!(paramNorm > 0 && gradNorm > 0)) return 1;
  return (trustCoefficient * paramNorm) / (gradNorm + weightDecay * paramNorm + eps);
}

struct Lars {
  float negativeLr, ratio;
  Momentum momentum;
  Gradient gradient;

  Lars(const StepNumbers& s, double larsRatio)
      : negativeLr(static_cast<float>(-s.hyper[0])),
        ratio(static_cast<float>(larsRatio)),
        momentum(s.has(2), s.scalars[0], s.hyper[1], s.hyper[2], s.hyper[4]),
        gradient(s.hyper[3], s.hyper[7]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& momentumBuffer) const {
    param = param + negativeLr * momentum(ratio * gradient(param, grad), momentumBuffer);
  }
};
