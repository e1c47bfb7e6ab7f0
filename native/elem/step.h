// What optimizer steps share, on a float or a vector of them; every operation rounds to float, none is fused.
// lr-core's reference/formulas.ts has the same bits.
//
// A kind is a struct in its own header. Its constructor rounds to float what all elements of a tensor share;
// operator() takes an element of each role and updates those that the step writes. Roles, scalars and
// hyper-parameters, in order, are documented in lr-core's step-kernels.ts. To add a kind: its row in
// LR_OPTIMIZERS of kernels.h and its name in OPTIMIZER_KINDS of packages/lr-native/src/addon-types.ts, its
// header here, its row in LR_FORMULA_STEPS of kinds.h, its function in test/naive_optim.cpp, its
// rows in test/optim.cpp. A kind that is more than one formula has functions of its own in cpu/ and cuda/.
#pragma once

// What all elements of one tensor share
struct StepNumbers {
  const double* hyper;
  const double* scalars;
  float* const* const* buffers;

  // Whether the option that needs this role is on
  bool has(int role) const { return buffers[role] != nullptr; }
};

// The gradient that formulas use: negated to maximize, with the penalty weightDecay · param added
struct Gradient {
  float weightDecay;
  bool hasWeightDecay, maximize;

  Gradient(double weightDecay, double maximize)
      : weightDecay(static_cast<float>(weightDecay)),
        hasWeightDecay(weightDecay != 0),
        maximize(maximize != 0) {}

  template <class T>
  LR_ELEM T operator()(T param, T grad) const {
    if (maximize) grad = -grad;
    return hasWeightDecay ? grad + weightDecay * param : grad;
  }
};

// param · (1 - lr · weightDecay): weight decay decoupled from the gradient
struct Decay {
  float factor;
  bool hasWeightDecay;

  Decay(double lr, double weightDecay)
      : factor(static_cast<float>(1 - lr * weightDecay)), hasWeightDecay(weightDecay != 0) {}

  template <class T>
  LR_ELEM T operator()(T param) const {
    return hasWeightDecay ? param * factor : param;
  }
};

// a + weight · (b - a), or for a weight of 0.5 and more b - (b - a) · (1 - weight), as torch.lerp
struct Lerp {
  float weight, oneMinusWeight;
  bool smallWeight;

  explicit Lerp(double weightOfB)
      : weight(static_cast<float>(weightOfB)),
        oneMinusWeight(1.0f - weight),
        smallWeight((weight < 0 ? -weight : weight) < 0.5f) {}

  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    const T difference = b - a;
    return smallWeight ? a + weight * difference : b - difference * oneMinusWeight;
  }
};

// average · decay + ((1 - decay) · x) · x: a running average of squares
struct AverageSquare {
  float decay, oneMinusDecay;

  explicit AverageSquare(double decay)
      : decay(static_cast<float>(decay)), oneMinusDecay(static_cast<float>(1 - decay)) {}

  template <class T>
  LR_ELEM T operator()(T average, T x) const {
    return average * decay + (oneMinusDecay * x) * x;
  }
};

// -1, 0 or 1; 0 for NaN, as torch.sign
template <class T>
LR_ELEM T signOf(T x) {
  const T one = T{} + 1.0f;
  return x > T{} ? one : (x < T{} ? -one : T{});
}

// The larger one, 0 of 0 and -0; NaN if either is, as torch.maximum
template <class T>
LR_ELEM T maximumOf(T a, T b) {
  const T equal = floatOf(bitsOf(a) & bitsOf(b));
  return a > b ? a : (b > a ? b : (a == b ? equal : a + b));
}

// The larger one, NaN if either is, as Math.max
LR_FUNCTION double largerOf(double a, double b) { return a > b || a != a ? a : b; }

// The step of an element of each role
template <class Formula, class T>
LR_ELEM void update(const Formula& formula, T (&x)[3]) {
  formula(x[0], x[1], x[2]);
}
template <class Formula, class T>
LR_ELEM void update(const Formula& formula, T (&x)[4]) {
  formula(x[0], x[1], x[2], x[3]);
}
template <class Formula, class T>
LR_ELEM void update(const Formula& formula, T (&x)[5]) {
  formula(x[0], x[1], x[2], x[3], x[4]);
}
