/** An SVG drawing as PNG. The font comes with the package, so that a machine without fonts draws the same. */
import { createRequire } from 'node:module';
import { reason, UsageError } from '../errors.ts';

/** Pixels for each unit of the drawing, so that it is sharp on dense screens. */
const SCALE = 2;

/** @throws UsageError where the rasteriser has no binary for this machine */
export async function png(svg: string): Promise<Uint8Array> {
  const { resolve } = createRequire(import.meta.url);
  const fontFiles = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
    resolve(`dejavu-fonts-ttf/ttf/${name}`),
  );
  const { Resvg } = await import('@resvg/resvg-js').catch((error: unknown) => {
    throw new UsageError(
      `--out: @resvg/resvg-js, which draws .png, does not load here (${reason(error)}); write .svg instead`,
      { cause: error },
    );
  });
  const font = { fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: SCALE } }).render().asPng();
}
