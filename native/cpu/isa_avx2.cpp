// x86-64 with AVX2 and FMA: 16 registers of eight lanes
#define LR_ISA avx2
#define LR_LANES 8
#define LR_FUSED 1
#define LR_TILE_ROWS 6
#define LR_TABLE kAvx2Table
#define LR_TABLE_NAME "avx2"
#include "cpu/table.inc.cpp"
