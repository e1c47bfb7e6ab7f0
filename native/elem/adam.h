// One Adam or AdamW step on a float or a vector of them; every operation rounds to float, none is fused.
// Roles: param, grad, expAvg, expAvgSq, maxExpAvgSq | null. Scalars (2): lr / (1 - beta1^t), sqrt(1 -
// beta2^t). Hyper: lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize. The formula is
// PyTorch's _single_tensor_adam; lr-core's reference/adam.ts gives the same bits.
#pragma once

struct AdamHyper {
  float weight, oneMinusWeight, beta2, oneMinusBeta2, eps, weightDecay, decay;
  bool smallWeight, hasWeightDecay, decoupled, maximize;

  explicit AdamHyper(const double* hyper)
      : weight(static_cast<float>(1 - hyper[1])),
        oneMinusWeight(1.0f - weight),
        beta2(static_cast<float>(hyper[2])),
        oneMinusBeta2(static_cast<float>(1 - hyper[2])),
        eps(static_cast<float>(hyper[3])),
        weightDecay(static_cast<float>(hyper[4])),
        decay(static_cast<float>(1 - hyper[0] * hyper[4])),
        smallWeight((weight < 0 ? -weight : weight) < 0.5f),
        hasWeightDecay(hyper[4] != 0),
        decoupled(hyper[5] != 0),
        maximize(hyper[6] != 0) {}
};

// Of one tensor
struct AdamScalars {
  float negativeStepSize, biasCorrection2Sqrt;

  explicit AdamScalars(const double* scalars)
      : negativeStepSize(static_cast<float>(-scalars[0])),
        biasCorrection2Sqrt(static_cast<float>(scalars[1])) {}
};

// Returns the new parameter; updates the moments, and maxExpAvgSq where hasMax (amsgrad).
template <class T>
LR_ELEM T adam(const AdamHyper& h, const AdamScalars& scalars, bool hasMax, T param, T grad, T& expAvg,
               T& expAvgSq, T& maxExpAvgSq) {
  if (h.maximize) grad = -grad;
  if (h.hasWeightDecay) {
    if (h.decoupled) {
      param = param * h.decay;
    } else {
      grad = grad + h.weightDecay * param;
    }
  }
  const T difference = grad - expAvg;
  expAvg = h.smallWeight ? expAvg + h.weight * difference : grad - difference * h.oneMinusWeight;
  expAvgSq = expAvgSq * h.beta2 + (h.oneMinusBeta2 * grad) * grad;
  T secondMoment = expAvgSq;
  if (hasMax) {
    // Either operand's NaN is the result, as in torch.maximum.
    maxExpAvgSq = maxExpAvgSq >= expAvgSq ? maxExpAvgSq : maxExpAvgSq != maxExpAvgSq ? maxExpAvgSq : expAvgSq;
    secondMoment = maxExpAvgSq;
  }
  const T denominator = sqrtOf(secondMoment) / scalars.biasCorrection2Sqrt + h.eps;
  return param + (scalars.negativeStepSize * expAvg) / denominator;
}
