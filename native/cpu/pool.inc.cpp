// maxPool2d: the maximum of each window and where it was.

// x (planes, H, W), y and index (planes, oh, ow)
void maxPool2dForward(const Pool2dShape& s, const float* x, float* y, int32_t* index) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  parallel(s.planes, [&](int64_t plane) {
    for (int32_t oy = 0; oy < s.outHeight; ++oy) {
      for (int32_t ox = 0; ox < s.outWidth; ++ox) {
        int32_t best = -1;
        float most = 0;
        for (int32_t ky = 0; ky < s.kernelHeight; ++ky) {
          const int32_t iy = oy * s.strideHeight - s.padTop + ky * s.dilationHeight;
          if (iy < 0 || iy >= s.inHeight) continue;
          for (int32_t kx = 0; kx < s.kernelWidth; ++kx) {
            const int32_t ix = ox * s.strideWidth - s.padLeft + kx * s.dilationWidth;
            if (ix < 0 || ix >= s.inWidth) continue;
            const int32_t at = iy * s.inWidth + ix;
            const float value = x[plane * inPlane + at];
            if (best < 0 || value > most || value != value) {
              best = at;
              most = value;
            }
          }
        }
        const int64_t out = plane * outPlane + int64_t{oy} * s.outWidth + ox;
        y[out] = most;
        index[out] = best;
      }
    }
  });
}

// dy and index (planes, oh, ow), dx (planes, H, W)
void maxPool2dBackward(const Pool2dShape& s, const float* dy, const int32_t* index, float* dx) {
  const int64_t inPlane = int64_t{s.inHeight} * s.inWidth, outPlane = int64_t{s.outHeight} * s.outWidth;
  parallel(s.planes, [&](int64_t plane) {
    std::memset(dx + plane * inPlane, 0, sizeof(float) * inPlane);
    for (int64_t i = plane * outPlane; i < (plane + 1) * outPlane; ++i)
      dx[plane * inPlane + index[i]] += dy[i];
  });
}
