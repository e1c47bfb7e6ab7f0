// Runs every row on every table. --filter TEXT: rows whose name contains it; --table NAME: tables whose name
// does;
// --stride N: every Nth of those rows, for what makes each of them slow.
#include <cstdlib>
#include <cstring>
#include <string>

#include "test/harness.h"
#include "test/suites.h"

int main(int argc, char** argv) {
  std::string filter, table;
  int stride = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--filter") == 0) filter = argv[i + 1];
    if (std::strcmp(argv[i], "--table") == 0) table = argv[i + 1];
    if (std::strcmp(argv[i], "--stride") == 0) stride = std::atoi(argv[i + 1]);
  }
  lr::test::Suite suite(filter, table, stride);
  lr::test::testParallel(suite);
  lr::test::testGemm(suite);
  lr::test::testLinear(suite);
  lr::test::testConv(suite);
  lr::test::testPool(suite);
  lr::test::testResample(suite);
  lr::test::testDropout(suite);
  lr::test::testElementwise(suite);
  lr::test::testUnary(suite);
  lr::test::testReduce(suite);
  lr::test::testSoftmax(suite);
  lr::test::testNorm(suite);
  lr::test::testBinary(suite);
  lr::test::testInteger(suite);
  lr::test::testStrided(suite);
  lr::test::testIndex(suite);
  lr::test::testLoss(suite);
  lr::test::testOptim(suite);
#if LR_HAS_DEVICE
  lr::test::testDevice(suite);
#endif
  return suite.summary();
}
