// The rows of each family, in test/<family>.cpp
#pragma once
#include "test/harness.h"

namespace lr::test {

void testParallel(Suite&);
void testGemm(Suite&);
void testLinear(Suite&);
void testConv(Suite&);
void testPool(Suite&);
void testResample(Suite&);
void testDropout(Suite&);
void testElementwise(Suite&);
void testUnary(Suite&);
void testReduce(Suite&);
void testSoftmax(Suite&);
void testNorm(Suite&);
void testBinary(Suite&);
void testInteger(Suite&);
void testStrided(Suite&);
void testIndex(Suite&);
void testLoss(Suite&);
void testOptim(Suite&);
void testDevice(Suite&);  // in builds that have one

}  // namespace lr::test
