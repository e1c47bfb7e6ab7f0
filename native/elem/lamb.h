// LAMB: You et al., "Large Batch Optimization for Deep Learning: Training BERT in 76 minutes" (2019). The
// averages move first; then, the norms being known, param moves by -stepSize · update.
#pragma once
#include "elem/step.h"

// In double
LR_FUNCTION double lambStepSize(const double* hyper, double paramNorm, double updateNorm) {
  return hyper[0] * (paramNorm > 0 && updateNorm > 0 ? paramNorm / updateNorm : 1);
}

struct Lamb {
  Lerp average;
  AverageSquare averageSquare;
  float eps, weightDecay, biasCorrection1, biasCorrection2Sqrt;
  Gradient gradient;

  explicit Lamb(const StepNumbers& s)
      : average(1 - s.hyper[1]),
        averageSquare(s.hyper[2]),
        eps(static_cast<float>(s.hyper[3])),
        weightDecay(static_cast<float>(s.hyper[4])),
        biasCorrection1(static_cast<float>(s.scalars[0])),
        biasCorrection2Sqrt(static_cast<float>(s.scalars[1])),
        gradient(0, s.hyper[5]) {}

  template <class T>
  LR_ELEM void moveAverages(T param, T grad, T& expAvg, T& expAvgSq) const {
    grad = gradient(param, grad);
    expAvg = average(expAvg, grad);
    expAvgSq = averageSquare(expAvgSq, grad);
  }

  template <class T>
  LR_ELEM T update(T param, T expAvg, T expAvgSq) const {
    const T denominator = sqrtOf(expAvgSq) / biasCorrection2Sqrt + eps;
    return (expAvg / biasCorrection1) / denominator + weightDecay * param;
  }
};
