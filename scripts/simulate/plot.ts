/** A line plot as SVG, readable on light and dark pages. */

/** One line of a plot: its points in order. */
export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

/** Title, labels and axes of a plot. `xMost` and `yMost` are the ends of the axes. */
export interface PlotOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  xMost: number;
  yMost: number;
  xStep: number;
  yStep: number;
}

const [WIDTH, HEIGHT] = [720, 380];
const EDGE = { left: 60, right: 200, top: 40, bottom: 50 };
/** A palette safe for colour blindness (Okabe and Ito, 2008). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#777777", "#56b4e9"];

const escape = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Renders a plot as an SVG document. Values beyond the axes are drawn at their end. */
export function plot(series: readonly Series[], options: PlotOptions): string {
  const { title, xLabel, yLabel, xMost, yMost, xStep, yStep } = options;
  const right = WIDTH - EDGE.right;
  const bottom = HEIGHT - EDGE.bottom;
  const x = (value: number) => round(EDGE.left + Math.min(value, xMost) / xMost * (right - EDGE.left));
  const y = (value: number) => round(bottom - Math.min(value, yMost) / yMost * (bottom - EDGE.top));
  const text = (at: [number, number], content: string, more = "") =>
    `<text x="${at[0]}" y="${at[1]}" ${more}>${escape(content)}</text>`;
  const steps = (most: number, step: number) =>
    Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, i) => round(i * step));
  const grid = [
    ...steps(xMost, xStep).flatMap((value) => [
      `<line x1="${x(value)}" y1="${EDGE.top}" x2="${x(value)}" y2="${bottom}" class="grid"/>`,
      text([x(value), bottom + 18], String(value), 'text-anchor="middle"'),
    ]),
    ...steps(yMost, yStep).flatMap((value) => [
      `<line x1="${EDGE.left}" y1="${y(value)}" x2="${right}" y2="${y(value)}" class="grid"/>`,
      text([EDGE.left - 8, y(value) + 4], String(value), 'text-anchor="end"'),
    ]),
  ];
  const lines = series.flatMap(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]!;
    const path = points.map(([px, py]) => `${x(px)},${y(py)}`).join(" ");
    const at = EDGE.top + 10 + i * 22;
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      `<line x1="${right + 14}" y1="${at}" x2="${
        right + 34
      }" y2="${at}" stroke="${colour}" stroke-width="3"/>`,
      text([right + 40, at + 4], name),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${
      escape(title)
    }">`,
    "<style>text{font:13px sans-serif;fill:#222}.grid{stroke:#ddd}rect{fill:#fff}</style>",
    `<rect width="${WIDTH}" height="${HEIGHT}"/>`,
    text([EDGE.left, 22], title, 'font-weight="bold"'),
    ...grid,
    ...lines,
    text([(EDGE.left + right) / 2, HEIGHT - 10], xLabel, 'text-anchor="middle"'),
    text(
      [16, (EDGE.top + bottom) / 2],
      yLabel,
      `text-anchor="middle" transform="rotate(-90 16 ${(EDGE.top + bottom) / 2})"`,
    ),
    "</svg>",
    "",
  ].join("\n");
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Cumulative distribution: for each value up to `most`, the share (%) of values at or below it. */
export function cumulative(values: readonly number[], most: number): [x: number, y: number][] {
  const sorted = values.toSorted((a, b) => a - b);
  const points: [number, number][] = [[0, 0]];
  for (const [i, value] of sorted.entries()) {
    if (value > most) break;
    points.push([value, 100 * i / values.length], [value, 100 * (i + 1) / values.length]);
  }
  points.push([most, points.at(-1)![1]]);
  return points;
}
