// Any processor: four lanes, no fused multiply-add
#define LR_ISA baseline
#define LR_LANES 4
#define LR_FUSED 0
#define LR_TILE_ROWS 6
#define LR_TABLE kBaselineTable
#define LR_TABLE_NAME "baseline"
#include "cpu/table.inc.cpp"
