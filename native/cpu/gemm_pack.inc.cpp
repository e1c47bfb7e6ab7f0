// Packing of gemm's operands into the order in which the register tile reads them

// One operand as lines of `depth` elements, of which `count` side by side make a tile or sliver: element (i,
// p) is at data[i · lineStride + p · depthStride], where one of the strides is 1.
struct Operand {
  const float* data;
  int64_t lineStride, depthStride;
  int64_t lines, depth;

  // The number of p from 0 on for which `width` floats from element (first, p) on are inside the array, where
  // the lines are side by side; they may run into the next p.
  int64_t wholeReads(int64_t first, int64_t width) const {
    const int64_t room = lines + (depth - 1) * depthStride - first - width;
    const int64_t reads = room < 0 ? 0 : room / depthStride + 1;
    return reads < depth ? reads : depth;
  }
};

// out[p][width] = elements (first + i, begin + p), i < count <= width, p < depth. Lanes from count on are
// undefined, and up to kLanes floats beyond the last row are overwritten. Groups: vectors that hold `count`
template <int Groups>
LR_NOINLINE void packLines(const Operand& x, int64_t first, int64_t count, int64_t begin, int64_t depth,
                           int64_t width, float* out) {
  if (x.lineStride == 1) {
    const float* source = x.data + first + begin * x.depthStride;
    const int64_t whole = x.wholeReads(first, Groups * kLanes) - begin;
    int64_t p = 0;
    for (; p < depth && p < whole; ++p) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) store(out + p * width + g * kLanes, load(source + g * kLanes));
      source += x.depthStride;
    }
    for (; p < depth; ++p) {
      for (int64_t i = 0; i < count; ++i) out[p * width + i] = source[i];
      for (int64_t i = count; i < width; ++i) out[p * width + i] = 0;
      source += x.depthStride;
    }
    return;
  }
  const float* line[Groups * kLanes];
  for (int64_t i = 0; i < Groups * kLanes; ++i) {
    line[i] = x.data + (first + (i < count ? i : count - 1)) * x.lineStride + begin;
  }
  int64_t p = 0;
  for (; p + kLanes <= depth; p += kLanes) {
    vec square[Groups][kLanes];
#pragma GCC unroll 4
    for (int g = 0; g < Groups; ++g) {
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) square[g][i] = load(line[g * kLanes + i] + p);
      transpose(square[g]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) store(out + (p + i) * width + g * kLanes, square[g][i]);
    }
  }
  for (; p < depth; ++p) {
    for (int64_t i = 0; i < width; ++i) out[p * width + i] = i < count ? line[i][p] : 0;
  }
}
