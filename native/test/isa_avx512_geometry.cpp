// The AVX-512 table's lanes and tiles compiled for AVX2, where the compiler splits each vector in two: its
// logic and its bits are tested on machines without AVX-512. Slow, and for tests alone.
#define LR_ISA avx512_geometry
#define LR_LANES 16
#define LR_FUSED 1
#define LR_TILE_ROWS 14
#define LR_TABLE kAvx512GeometryTable
#define LR_TABLE_NAME "avx512-geometry"
#include "lr/kernels.h"
namespace lr {
extern const Kernels* const kAvx512GeometryTable;
}  // namespace lr
#include "cpu/table.inc.cpp"
