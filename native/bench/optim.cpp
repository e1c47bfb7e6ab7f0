#include "bench/bench.h"

namespace lr::bench {

void benchOptim(Bench&) {}

}  // namespace lr::bench
