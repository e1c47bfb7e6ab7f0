// Schedule-free SGD: Defazio et al., "The Road Less Scheduled" (2024)
#pragma once
#include "elem/step.h"

// Moves y (the parameter) and z along an update.
struct ScheduleFreeMove {
  float negativeLr, step;
  Lerp average;

  ScheduleFreeMove(double lr, double momentum, double weightOfZ)
      : negativeLr(static_cast<float>(-lr)),
        step(static_cast<float>(lr * (momentum * (1 - weightOfZ) - 1))),
        average(weightOfZ) {}

  template <class T>
  LR_ELEM void operator()(T& y, T& z, T update) const {
    y = average(y, z) + step * update;
    z = z + negativeLr * update;
  }
};

struct ScheduleFreeSGD {
  ScheduleFreeMove move;
  Gradient gradient;

  explicit ScheduleFreeSGD(const StepNumbers& s)
      : move(s.hyper[0], s.hyper[1], s.hyper[2]), gradient(s.hyper[3], s.hyper[4]) {}

  template <class T>
  LR_ELEM void operator()(T& y, T grad, T& z) const {
    move(y, z, gradient(y, grad));
  }
};
