// Schedule-free AdamW: Defazio et al., "The Road Less Scheduled" (2024)
#pragma once
#include "elem/schedulefreesgd.h"

struct ScheduleFreeAdamW {
  ScheduleFreeMove move;
  AverageSquare averageSquare;
  float biasCorrection2, eps, weightDecay;
  bool hasWeightDecay;
  Gradient gradient;

  explicit ScheduleFreeAdamW(const StepNumbers& s)
      : move(s.hyper[0], s.hyper[1], s.hyper[2]),
        averageSquare(s.hyper[3]),
        biasCorrection2(static_cast<float>(s.hyper[4])),
        eps(static_cast<float>(s.hyper[5])),
        weightDecay(static_cast<float>(s.hyper[6])),
        hasWeightDecay(s.hyper[6] != 0),
        gradient(0, s.hyper[7]) {}

  template <class T>
  LR_ELEM void operator()(T& y, T grad, T& z, T& expAvgSq) const {
    grad = gradient(y, grad);
    expAvgSq = averageSquare(expAvgSq, grad);
    const T update = grad / (sqrtOf(expAvgSq / biasCorrection2) + eps);
    move(y, z, hasWeightDecay ? update + weightDecay * y : update);
  }
};
