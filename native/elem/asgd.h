// Averaged SGD: PyTorch's _single_tensor_asgd
#pragma once
#include "elem/step.h"

struct ASGD {
  float decay, negativeEta, mu;
  bool takesParam;
  Gradient gradient;

  explicit ASGD(const StepNumbers& s)
      : decay(static_cast<float>(1 - s.hyper[0] * s.scalars[0])),
        negativeEta(static_cast<float>(-s.scalars[0])),
        mu(static_cast<float>(s.scalars[1])),
        takesParam(s.scalars[1] == 1),
        gradient(s.hyper[1], s.hyper[2]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& ax) const {
    grad = gradient(param, grad);
    param = param * decay + negativeEta * grad;
    ax = takesParam ? param : ax + (param - ax) * mu;
  }
};
