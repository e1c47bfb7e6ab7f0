// x86-64 with AVX-512 F, DQ, BW, VL: 32 registers of 16 lanes
#define LR_ISA avx512
#define LR_LANES 16
#define LR_FUSED 1
#define LR_TILE_ROWS 14
#define LR_TABLE kAvx512Table
#define LR_TABLE_NAME "avx512"
#include "cpu/table.inc.cpp"
