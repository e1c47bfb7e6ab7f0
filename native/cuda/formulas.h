// The formulas of elem/, for CUDA's kernels, and those of reference/ that float64 tensors take.
#pragma once
#include "cuda/scalar.h"
#include "lr/kernels.h"

namespace lr::cuda {

#include "elem/activation.h"
#include "elem/adadelta.h"
#include "elem/adafactor.h"
#include "elem/adagrad.h"
#include "elem/adam.h"
#include "elem/adamax.h"
#include "elem/asgd.h"
#include "elem/binary.h"
#include "elem/exp.h"
#include "elem/kinds.h"
#include "elem/lamb.h"
#include "elem/lars.h"
#include "elem/lion.h"
#include "elem/log.h"
#include "elem/loss.h"
#include "elem/muon.h"
#include "elem/nadam.h"
#include "elem/radam.h"
#include "elem/rmsprop.h"
#include "elem/rprop.h"
#include "elem/schedulefreeadamw.h"
#include "elem/schedulefreesgd.h"
#include "elem/sgd.h"
#include "elem/sparseadam.h"
#include "elem/unary.h"

// Functions of which a float has the formula in elem/ and a double the library's
LR_ELEM float exponentialOf(float x) { return expOf(x); }
LR_ELEM double exponentialOf(double x) { return exp(x); }
LR_ELEM float logarithmOf(float x) { return logOf(x); }
LR_ELEM double logarithmOf(double x) { return log(x); }

template <class T>
LR_ELEM bool isNan(T x) {
  return x != x;
}

}  // namespace lr::cuda
