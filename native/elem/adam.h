// Adam and AdamW: PyTorch's _single_tensor_adam
#pragma once
#include "elem/step.h"

// What Adam's family does first, by its hyper-parameters lr, beta1, beta2, eps, weightDecay,
// decoupledWeightDecay, maximize: decays param, makes grad what the formula uses, moves the averages.
struct Moments {
  Decay decay;
  Gradient gradient;
  Lerp average;
  AverageSquare averageSquare;

  explicit Moments(const double* hyper)
      : decay(hyper[0], hyper[5] != 0 ? hyper[4] : 0),
        gradient(hyper[5] != 0 ? 0 : hyper[4], hyper[6]),
        average(1 - hyper[1]),
        averageSquare(hyper[2]) {}

  template <class T>
  LR_ELEM void operator()(T& param, T& grad, T& expAvg, T& expAvgSq) const {
    param = decay(param);
    grad = gradient(param, grad);
    expAvg = average(expAvg, grad);
    expAvgSq = averageSquare(expAvgSq, grad);
  }
};

struct Adam {
  Moments moments;
  float negativeStepSize, biasCorrection2Sqrt, eps;
  bool amsgrad;

  explicit Adam(const StepNumbers& s)
      : moments(s.hyper),
        negativeStepSize(static_cast<float>(-s.scalars[0])),
        biasCorrection2Sqrt(static_cast<float>(s.scalars[1])),
        eps(static_cast<float>(s.hyper[3])),
        amsgrad(s.has(4)) {}

  template <class T>
  LR_ELEM void operator()(T& param, T grad, T& expAvg, T& expAvgSq, T& maxExpAvgSq) const {
    moments(param, grad, expAvg, expAvgSq);
    if (amsgrad) maxExpAvgSq = maximumOf(maxExpAvgSq, expAvgSq);
    const T denominator = sqrtOf(amsgrad ? maxExpAvgSq : expAvgSq) / biasCorrection2Sqrt + eps;
    param = param + (negativeStepSize * expAvg) / denominator;
  }
};
