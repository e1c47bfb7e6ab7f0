// AArch64: 32 registers of four lanes
#define LR_ISA neon
#define LR_LANES 4
#define LR_FUSED 1
#define LR_TILE_ROWS 12
#define LR_TABLE kNeonTable
#define LR_TABLE_NAME "neon"
#include "cpu/table.inc.cpp"
