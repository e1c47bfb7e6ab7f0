// Packing of gemm's operands into the order in which the register tile reads them

enum GemmScratch { kPartPanels = 0, kChunkPanels = 1, kDeepProducts = 14 };

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
  const auto lineOf = [&](int64_t i) {
    return x.data + (first + (i < count ? i : count - 1)) * x.lineStride + begin;
  };
  const int64_t squares = depth / kLanes * kLanes;
  // The last vector of a row may reach into the next row, whose own vectors must come after it.
  for (int g = Groups - 1; g >= 0; --g) {
    const float* line[kLanes];
    for (int i = 0; i < kLanes; ++i) line[i] = lineOf(g * kLanes + i);
    for (int64_t p = 0; p < squares; p += kLanes) {
      vec square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) square[i] = load(line[i] + p);
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(out + (p + i) * width + g * kLanes, square[i]);
    }
  }
  for (int64_t p = squares; p < depth; ++p) {
    for (int64_t i = 0; i < width; ++i) out[p * width + i] = i < count ? lineOf(i)[p] : 0;
  }
}
