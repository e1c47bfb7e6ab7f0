// Rprop: PyTorch's _single_tensor_rprop
#pragma once
#include "elem/step.h"

struct Rprop {
  float etaMinus, etaPlus, least, most;
  Gradient gradient;

  explicit Rprop(const StepNumbers& s)
      : etaMinus(static_cast<float>(s.hyper[0])),
        etaPlus(static_cast<float>(s.hyper[1])),
        least(static_cast<float>(s.hyper[2])),
        most(static_cast<float>(s.hyper[3])),
        gradient(0, s.hyper[4]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& prev, T& stepSize) const {
    grad = gradient(param, grad);
    const T product = grad * prev, zero{}, one = zero + 1.0f, low = zero + least, high = zero + most;
    const T size = stepSize * (product > zero ? zero + etaPlus : (product < zero ? zero + etaMinus : one));
    stepSize = size < low ? low : (size > high ? high : size);
    prev = product < zero ? zero : grad;
    param = param - signOf(prev) * stepSize;
  }
};
