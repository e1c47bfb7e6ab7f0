// Muon: Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024). The momentum of a matrix is
// made orthogonal by iterations x → a · x + (b · g + c · g · g) · x, where g = x · xᵀ; their products are
// summed in double, in ascending order, and rounded once.
#pragma once
#include "elem/step.h"

struct Muon {
  Lerp average, towardsAverage;
  bool nesterov;
  float shrink, negativeStep, a, b, c;
  double eps;

  explicit Muon(const StepNumbers& s)
      : average(1 - s.hyper[2]),
        towardsAverage(s.hyper[2]),
        nesterov(s.hyper[3] != 0),
        shrink(static_cast<float>(1 - s.hyper[0] * s.hyper[1])),
        negativeStep(static_cast<float>(-s.scalars[2])),
        a(static_cast<float>(s.hyper[4])),
        b(static_cast<float>(s.hyper[5])),
        c(static_cast<float>(s.hyper[6])),
        eps(static_cast<float>(s.hyper[7])) {}

  // Moves the average and returns what is to be orthogonal
  template <class T>
  LR_ELEM T momentum(T grad, T& momentumBuffer) const {
    momentumBuffer = average(momentumBuffer, grad);
    return nesterov ? towardsAverage(grad, momentumBuffer) : momentumBuffer;
  }

  // What the momentum is divided by
  LR_ELEM float divisor(float norm) const { return static_cast<float>(largerOf(norm, eps)); }

  // b · g + c · g · g
  LR_ELEM float polynomial(float gram, float square) const { return b * gram + c * square; }

  LR_ELEM float next(float x, float product) const { return a * x + product; }

  template <class T>
  LR_ELEM T move(T param, T orthogonal) const {
    return param * shrink + negativeStep * orthogonal;
  }
};
