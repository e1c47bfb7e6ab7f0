/** A curve as SVG, and as an HTML page with that SVG; drawn as text, without a DOM. */
import { points, rateAxis, unitAxis } from './axes.ts';
import type { Curve } from './curve.ts';

const WIDTH = 800;
const HEIGHT = 440;
const MARGIN = { top: 48, right: 24, bottom: 56, left: 84 };

const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
const round = (value: number): string => String(Math.round(value * 100) / 100);

/** A learning rate holds during its unit, so the line is a staircase; it ends with the last unit. */
function staircase(curve: Curve, x: (unit: number) => number, y: (rate: number) => number): string {
  const [first, ...rest] = points(curve, WIDTH - MARGIN.left - MARGIN.right);
  const start = `M${round(x(first![0]))} ${round(y(first![1]))}`;
  const stairs = rest.map(([unit, rate]) => `H${round(x(unit))}V${round(y(rate))}`).join('');
  return `${start}${stairs}H${round(x(curve.rates.length))}`;
}

export function svg(curve: Curve, { log }: { log: boolean }): string {
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = unitAxis(curve, [MARGIN.left, right], 10);
  const y = rateAxis(curve, [bottom, MARGIN.top], 6, log);
  const rows = y.ticks.map(({ value, label }) => {
    const at = round(y.position(value));
    return `<path class="grid" d="M${MARGIN.left} ${at}H${right}"/><text x="${MARGIN.left - 10}" y="${at}" dy="0.35em" text-anchor="end">${label}</text>`;
  });
  const columns = x.ticks.map(({ value, label }) => {
    const at = round(x.position(value));
    return `<path class="tick" d="M${at} ${bottom}v6"/><text x="${at}" y="${bottom + 22}" text-anchor="middle">${label}</text>`;
  });
  const middle = (MARGIN.top + bottom) / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, 'DejaVu Sans', sans-serif" font-size="13" role="img">
<title>${escape(curve.title)}</title>
<style>.grid{stroke:#e3e6ea}.tick,.axis{stroke:#8a929c;fill:none}.rate{stroke:#1f6feb;stroke-width:2;fill:none;stroke-linejoin:round}text{fill:#30363d}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${MARGIN.left}" y="28" font-size="16" font-weight="600">${escape(curve.title)}</text>
${rows.join('\n')}
${columns.join('\n')}
<path class="axis" d="M${MARGIN.left} ${MARGIN.top}V${bottom}H${right}"/>
<path class="rate" d="${staircase(curve, x.position, y.position)}"/>
<text x="${(MARGIN.left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${curve.unit}</text>
<text transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">learning rate</text>
</svg>
`;
}

export function html(curve: Curve, options: { log: boolean }): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(curve.title)}</title>
<style>body{margin:2rem auto;max-width:60rem;padding:0 1rem}svg{width:100%;height:auto}</style>
${svg(curve, options)}</html>
`;
}
