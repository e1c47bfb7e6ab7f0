// One instruction set's Kernels table: the families, and their functions in the order of kernels.h. An
// isa_*.cpp includes this file once, after it has defined what cpu/vec.h asks for and LR_TABLE, the name of
// the variable.
//
// Everything is in an unnamed namespace: a function shared between two instruction sets' objects could be
// kept in the wrong one's build, which is an illegal instruction on a lesser machine. The test program's
// script checks it with nm.
#include "cpu/tables.h"
#include "cpu/vec.h"
#include "lr/kernels.h"
#include "lr/parallel.h"

namespace lr {
namespace LR_ISA {
namespace {

#include "elem/activation.h"
#include "elem/adadelta.h"
#include "elem/adafactor.h"
#include "elem/adagrad.h"
#include "elem/adam.h"
#include "elem/adamax.h"
#include "elem/asgd.h"
#include "elem/binary.h"
#include "elem/erf.h"
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
#include "elem/step.h"
#include "elem/tanh.h"
#include "elem/unary.h"

// clang-format off: helpers first
#include "cpu/elementwise.inc.cpp"
#include "cpu/reduce.inc.cpp"
#include "cpu/transpose.inc.cpp"
#include "cpu/gemm_tile.inc.cpp"
#include "cpu/gemm_pack.inc.cpp"
#include "cpu/gemm_thin.inc.cpp"
#include "cpu/gemm_narrow.inc.cpp"
#include "cpu/gemm.inc.cpp"
#include "cpu/linear.inc.cpp"
#include "cpu/conv.inc.cpp"
#include "cpu/pool.inc.cpp"
#include "cpu/resample.inc.cpp"
#include "cpu/dropout.inc.cpp"
#include "cpu/unary.inc.cpp"
#include "cpu/sort.inc.cpp"
#include "cpu/softmax.inc.cpp"
#include "cpu/norm.inc.cpp"
#include "cpu/strided.inc.cpp"
#include "cpu/binary.inc.cpp"
#include "cpu/integer.inc.cpp"
#include "cpu/index.inc.cpp"
#include "cpu/loss.inc.cpp"
#include "cpu/optim.inc.cpp"
#include "cpu/adafactor.inc.cpp"
#include "cpu/wide.inc.cpp"
#include "cpu/muon.inc.cpp"
// clang-format on

#define LR_OPERATOR(name) .name = name,
#define LR_STEP(name, ...) name##Step,
constexpr Kernels kKernels = {
    .name = LR_TABLE_NAME,
    LR_OPERATORS(LR_OPERATOR).optimizerStep = {LR_OPTIMIZERS(LR_STEP)},
    .fusesMaxPool = fusesMaxPool,
    .conv2dMaxPoolForward = conv2dMaxPoolForward,
    .gradientNorms = gradientNorms,
    .scaleGradients = scaleGradients,
};
#undef LR_OPERATOR
#undef LR_STEP

}  // namespace
}  // namespace LR_ISA

const Kernels* const LR_TABLE = &LR_ISA::kKernels;

}  // namespace lr
