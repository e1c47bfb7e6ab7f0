// Stochastic gradient descent with momentum: PyTorch's _single_tensor_sgd
#pragma once
#include "elem/step.h"

// Moves the momentum buffer and gives what the parameter moves along.
struct Momentum {
  float momentum, oneMinusDampening;
  bool hasMomentum, firstStep, nesterov;

  Momentum(bool hasMomentum, double firstStep, double momentum, double dampening, double nesterov)
      : momentum(static_cast<float>(momentum)),
        oneMinusDampening(static_cast<float>(1 - dampening)),
        hasMomentum(hasMomentum),
        firstStep(firstStep != 0),
        nesterov(nesterov != 0) {}

  template <class T>
  LR_ELEM T operator()(T grad, T& momentumBuffer) const {
    if (!hasMomentum) return grad;
    momentumBuffer = firstStep ? grad : momentumBuffer * momentum + oneMinusDampening * grad;
    return nesterov ? grad + momentum * momentumBuffer : momentumBuffer;
  }
};

struct Sgd {
  float negativeLr;
  Momentum momentum;
  Gradient gradient;

  explicit Sgd(const StepNumbers& s)
      : negativeLr(static_cast<float>(-s.hyper[0])),
        momentum(s.has(2), s.scalars[0], s.hyper[1], s.hyper[2], s.hyper[4]),
        gradient(s.hyper[3], s.hyper[5]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& momentumBuffer) const {
    param = param + negativeLr * momentum(gradient(param, grad), momentumBuffer);
  }
};
