// Products of matrices in tiles, for whatever can be said as one: c(i, j) = sum over p of a(i, p) · b(p, j).
//
// A product is a struct of its numbers and pointers, with
//   Element, m, n, k, batches   of which type and how large; batches of products by themselves
//   aAlong, bAlong              whether adjacent p are adjacent in the memory of a, of b
//   a(batch, i, p), b(batch, p, j), store(batch, i, j, sum)
//   kOneChain, kSymmetric       where they are: each sum is one chain in ascending p; a tile that is all
//   below the
//                               diagonal is left out
// A block has a tile of c, of which each thread has 8 by 8 elements in registers, and takes kDepth of p at a
// time from shared memory. Sums over many p for few tiles are split among blocks, and the parts added in
// order by a second kernel.
#pragma once
#include "cuda/launch.h"
#include "cuda/scalar.h"

namespace lr::cuda {

constexpr int kDepth = 16, kThreadTile = 8, kHalfTile = kThreadTile / 2;

// To the nearest bfloat16, of two the even one
LR_ELEM float bfloat16Of(float x) {
  const uint32_t bits = unsignedOf(bitsOf(x));
  return x == x ? floatOf(signedOf((bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u)) : x;
}
LR_ELEM double bfloat16Of(double x) { return x; }

template <int kTile, class Product>
__global__ void __launch_bounds__((kTile / kThreadTile) * (kTile / kThreadTile))
    productKernel(Product product, bool bfloat16, int64_t rows, int64_t columns, int parts,
                  typename Product::Element* partial) {
  using T = typename Product::Element;
  constexpr int kAcross = kTile / kThreadTile, kThreads = kAcross * kAcross, kHalf = kTile / 2;
  // One more column, so that what is stored down a column falls into different banks
  __shared__ T aTile[kDepth][kTile + 4], bTile[kDepth][kTile + 4];
  const int self = static_cast<int>(threadIdx.x), row = self / kAcross * kHalfTile,
            column = self % kAcross * kHalfTile;
  const int64_t firstI = blockIdx.x % rows * kTile, firstJ = blockIdx.x / rows % columns * kTile;
  const int number = static_cast<int>(blockIdx.x / rows / columns), batch = number / parts,
            part = number % parts;
  const int64_t begin = product.k * part / parts, end = product.k * (part + 1) / parts;
  if constexpr (requires { Product::kSymmetric; }) {
    if (firstJ + kTile <= firstI) return;
  }

  // How many elements a thread fetches at once: of doubles few, beside as many registers of sums
  constexpr int kFetches = sizeof(T) == sizeof(float) ? kTile * kDepth / kThreads : 4;
  T sums[kThreadTile][kThreadTile] = {};
  for (int64_t from = begin; from < end; from += kDepth) {
#pragma unroll kFetches
    for (int e = self; e < kTile * kDepth; e += kThreads) {
      const int p = product.aAlong ? e % kDepth : e / kTile, i = product.aAlong ? e / kDepth : e % kTile;
      T value = 0;
      if (from + p < end && firstI + i < product.m) value = product.a(batch, firstI + i, from + p);
      aTile[p][i] = bfloat16 ? bfloat16Of(value) : value;
    }
#pragma unroll kFetches
    for (int e = self; e < kTile * kDepth; e += kThreads) {
      const int p = product.bAlong ? e % kDepth : e / kTile, j = product.bAlong ? e / kDepth : e % kTile;
      T value = 0;
      if (from + p < end && firstJ + j < product.n) value = product.b(batch, from + p, firstJ + j);
      bTile[p][j] = bfloat16 ? bfloat16Of(value) : value;
    }
    __syncthreads();
#pragma unroll
    for (int p = 0; p < kDepth; ++p) {
      T left[kThreadTile], right[kThreadTile];
#pragma unroll
      for (int r = 0; r < kHalfTile; ++r) {
        left[r] = aTile[p][row + r];
        left[r + kHalfTile] = aTile[p][kHalf + row + r];
        right[r] = bTile[p][column + r];
        right[r + kHalfTile] = bTile[p][kHalf + column + r];
      }
#pragma unroll
      for (int r = 0; r < kThreadTile; ++r) {
#pragma unroll
        for (int c = 0; c < kThreadTile; ++c) sums[r][c] = fmadd(left[r], right[c], sums[r][c]);
      }
    }
    __syncthreads();
  }

#pragma unroll
  for (int r = 0; r < kThreadTile; ++r) {
    const int64_t i = firstI + row + r % kHalfTile + r / kHalfTile * kHalf;
#pragma unroll
    for (int c = 0; c < kThreadTile; ++c) {
      const int64_t j = firstJ + column + c % kHalfTile + c / kHalfTile * kHalf;
      if (i >= product.m || j >= product.n) continue;
      if (parts == 1) {
        product.store(batch, i, j, sums[r][c]);
      } else {
        partial[((int64_t{part} * product.batches + batch) * product.m + i) * product.n + j] = sums[r][c];
      }
    }
  }
}

template <class Product>
struct FinishProduct {
  Product product;
  int parts;
  const typename Product::Element* partial;
  __device__ void operator()(int64_t at) const {
    const int64_t size = product.m * product.n, all = size * product.batches;
    typename Product::Element sum = partial[at];
    for (int part = 1; part < parts; ++part) sum += partial[part * all + at];
    product.store(static_cast<int>(at / size), at % size / product.n, at % product.n, sum);
  }
};

template <int kTile, class Product>
void launchTiles(const Product& product, bool bfloat16) {
  constexpr int64_t kEnoughBlocks = 256, kLeastPart = 256, kMostParts = 64;
  constexpr int kAcross = kTile / kThreadTile;
  const int64_t rows = quotientUp(product.m, kTile), columns = quotientUp(product.n, kTile);
  const int64_t blocks = rows * columns * product.batches;
  int64_t parts = blocks < kEnoughBlocks ? quotientUp(kEnoughBlocks, blocks) : 1;
  parts = parts < product.k / kLeastPart ? parts : product.k / kLeastPart;
  parts = parts < 1 ? 1 : (parts < kMostParts ? parts : kMostParts);
  if constexpr (requires { Product::kOneChain; }) parts = 1;
  const dim3 grid(static_cast<unsigned>(blocks * parts));
  using T = typename Product::Element;
  const int count = static_cast<int>(parts);
  if (parts == 1)
    return launch(productKernel<kTile, Product>, grid, kAcross * kAcross, product, bfloat16, rows, columns, 1,
                  nullptr);
  const int64_t size = product.m * product.n * product.batches;
  const Scratch<T> partial(size * parts);
  if (!partial) return;
  launch(productKernel<kTile, Product>, grid, kAcross * kAcross, product, bfloat16, rows, columns, count,
         partial.data());
  launchEach(size, FinishProduct<Product>{product, count, partial.data()});
}

template <class Product>
void launchProduct(Product product) {
#if LR_EMU
  constexpr int64_t kEnoughTiles = 1;  // so that both sizes of tiles are run by small matrices
#else
  constexpr int64_t kEnoughTiles = 128;
#endif
  const bool isFloat = sizeof(typename Product::Element) == sizeof(float),
             bfloat16 = isFloat && allowsBfloat16();
  const int64_t tiles = quotientUp(product.m, 128) * quotientUp(product.n, 128) * product.batches;
  if constexpr (sizeof(typename Product::Element) == sizeof(float)) {
    if (product.m > 64 && product.n > 64 && tiles >= kEnoughTiles) return launchTiles<128>(product, bfloat16);
  }
  launchTiles<64>(product, bfloat16);
}

}  // namespace lr::cuda
