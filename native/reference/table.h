// Every operator by definition: lr::reference::<operator><T>. To add a family: its header here.
#pragma once
#include "reference/conv.h"
#include "reference/dropout.h"
#include "reference/elementwise.h"
#include "reference/gemm.h"
#include "reference/linear.h"
#include "reference/loss.h"
#include "reference/norm.h"
#include "reference/pool.h"
#include "reference/reduce.h"
#include "reference/resample.h"
#include "reference/softmax.h"
#include "reference/unary.h"
