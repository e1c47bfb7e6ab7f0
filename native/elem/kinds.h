// The formulas by their numbers in the enums of kernels.h, with their parameters rounded to float.
#pragma once

#include "elem/activation.h"
#include "elem/binary.h"
#include "elem/loss.h"

// F with as many of a and b as it has fields
template <class F>
F withParameters(double a, double b) {
  const auto first = static_cast<float>(a), second = static_cast<float>(b);
  if constexpr (requires { F{first, second}; }) {
    return F{first, second};
  } else if constexpr (requires { F{first}; }) {
    return F{first};
  } else {
    return F{};
  }
}

// Calls body(f) with the function that `kind` names.
template <class Body>
void withUnary(int32_t kind, double a, double b, const Body& body) {
  switch (kind) {
#define LR_ROW(name) \
  case kUnary##name: \
    return body(withParameters<name>(a, b));
    LR_UNARY(LR_ROW)
#undef LR_ROW
  }
}

// Calls body(f) with the function of two elements that `kind` names.
template <class Body>
void withBinary(int32_t kind, const Body& body) {
  switch (kind) {
#define LR_ROW(name)  \
  case kBinary##name: \
    return body(name{});
    LR_BINARY(LR_ROW)
#undef LR_ROW
  }
}

// The kinds of optimizer whose step is one formula: ROW(kind, formula)
#define LR_FORMULA_STEPS(ROW)               \
  ROW(adadelta, Adadelta)                   \
  ROW(adagrad, Adagrad)                     \
  ROW(adam, Adam)                           \
  ROW(adamax, Adamax)                       \
  ROW(asgd, ASGD)                           \
  ROW(lion, Lion)                           \
  ROW(nadam, NAdam)                         \
  ROW(radam, RAdam)                         \
  ROW(rmsprop, RMSprop)                     \
  ROW(rprop, Rprop)                         \
  ROW(schedulefreeadamw, ScheduleFreeAdamW) \
  ROW(schedulefreesgd, ScheduleFreeSGD)     \
  ROW(sgd, Sgd)                             \
  ROW(sparseadam, SparseAdam)

// Calls body(f) with the loss that `kind` names.
template <class Body>
void withLoss(int32_t kind, double a, double b, const Body& body) {
  const float first = static_cast<float>(a), second = static_cast<float>(b);
  switch (kind) {
    case kLossMse:
      return body(DifferenceLoss<SquaredError>{});
    case kLossL1:
      return body(DifferenceLoss<Magnitude>{});
    case kLossSmoothL1:
      return body(DifferenceLoss<SmoothMagnitude>{{first}});
    case kLossHuber:
      return body(DifferenceLoss<Huber>{{first}});
    case kLossBce:
      return body(Bce{});
    case kLossBceWithLogits:
      return body(BceWithLogits{});
    case kLossBceWithLogitsWeighted:
      return body(BceWithLogitsWeighted{});
    case kLossKlDiv:
      return body(KlDiv{});
    case kLossKlDivLogTarget:
      return body(KlDivLogTarget{});
    case kLossPoissonNll:
      return body(PoissonNll{first});
    case kLossPoissonNllRate:
      return body(PoissonNllRate{first, second});
    case kLossGaussianNll:
      return body(GaussianNll{first, second});
    case kLossHingeEmbedding:
      return body(HingeEmbedding{first});
    case kLossSoftMargin:
      return body(SoftMargin{});
    case kLossMarginRanking:
      return body(MarginRanking{first});
  }
}
