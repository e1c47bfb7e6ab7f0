#include "bench/bench.h"

namespace lr::bench {

void benchPool(Bench&) {}

}  // namespace lr::bench
