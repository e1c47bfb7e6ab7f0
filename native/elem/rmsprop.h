// RMSprop: PyTorch's _single_tensor_rmsprop
#pragma once
#include "elem/step.h"

struct RMSprop {
  float negativeLr, eps, momentum;
  AverageSquare averageSquare;
  Lerp average;
  Gradient gradient;
  bool hasMomentum, centered;

  explicit RMSprop(const StepNumbers& s)
      : negativeLr(static_cast<float>(-s.hyper[0])),
        eps(static_cast<float>(s.hyper[2])),
        momentum(static_cast<float>(s.hyper[4])),
        averageSquare(s.hyper[1]),
        average(1 - s.hyper[1]),
        gradient(s.hyper[3], s.hyper[5]),
        hasMomentum(s.has(3)),
        centered(s.has(4)) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& squareAvg, T& momentumBuffer, T& gradAvg) const {
    grad = gradient(param, grad);
    squareAvg = averageSquare(squareAvg, grad);
    T variance = squareAvg;
    if (centered) {
      gradAvg = average(gradAvg, grad);
      variance = variance - gradAvg * gradAvg;
    }
    const T denominator = sqrtOf(variance) + eps;
    if (hasMomentum) {
      momentumBuffer = momentumBuffer * momentum + grad / denominator;
      param = param + negativeLr * momentumBuffer;
    } else {
      param = param + (negativeLr * grad) / denominator;
    }
  }
};
