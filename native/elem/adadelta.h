// Adadelta: PyTorch's _single_tensor_adadelta
#pragma once
#include "elem/step.h"

struct Adadelta {
  float negativeLr, eps;
  AverageSquare averageSquare;
  Gradient gradient;

  explicit Adadelta(const StepNumbers& s)
      : negativeLr(static_cast<float>(-s.hyper[0])),
        eps(static_cast<float>(s.hyper[2])),
        averageSquare(s.hyper[1]),
        gradient(s.hyper[3], s.hyper[4]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& squareAvg, T& accDelta) const {
    grad = gradient(param, grad);
    squareAvg = averageSquare(squareAvg, grad);
    const T delta = sqrtOf(accDelta + eps) / sqrtOf(squareAvg + eps) * grad;
    accDelta = averageSquare(accDelta, delta);
    param = param + negativeLr * delta;
  }
};
