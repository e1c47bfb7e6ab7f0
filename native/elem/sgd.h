// One SGD step on a float or a vector of them; every operation rounds to float, none is fused.
// Roles: param, grad, momentumBuffer | null. Scalars (1): firstStep. Hyper: lr, momentum, dampening,
// weightDecay, nesterov, maximize. The formula is PyTorch's _single_tensor_sgd; lr-core's reference/sgd.ts
// gives the same bits.
#pragma once

struct SgdHyper {
  float negativeLr, momentum, oneMinusDampening, weightDecay;
  bool hasWeightDecay, nesterov, maximize;

  explicit SgdHyper(const double* hyper)
      : negativeLr(static_cast<float>(-hyper[0])),
        momentum(static_cast<float>(hyper[1])),
        oneMinusDampening(static_cast<float>(1 - hyper[2])),
        weightDecay(static_cast<float>(hyper[3])),
        hasWeightDecay(hyper[3] != 0),
        nesterov(hyper[4] != 0),
        maximize(hyper[5] != 0) {}
};

// Returns the new parameter; updates momentumBuffer where hasMomentum.
template <class T>
LR_ELEM T sgd(const SgdHyper& h, bool hasMomentum, bool firstStep, T param, T grad, T& momentumBuffer) {
  if (h.maximize) grad = -grad;
  if (h.hasWeightDecay) grad = grad + h.weightDecay * param;
  if (hasMomentum) {
    momentumBuffer = firstStep ? grad : momentumBuffer * h.momentum + h.oneMinusDampening * grad;
    grad = h.nesterov ? grad + h.momentum * momentumBuffer : momentumBuffer;
  }
  return param + h.negativeLr * grad;
}
