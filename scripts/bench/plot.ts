/** One line of a plot, a value a minute. */
export interface Line {
  name: string;
  values: readonly number[];
}

const [WIDTH, HEIGHT, MARGIN] = [720, 320, 48];
const COLOURS = ["#0b62a4", "#c0392b", "#2e7d32", "#7b4fa3"];

/** Lines over minutes as an SVG; all share one axis that begins at nothing. */
export function plot(title: string, lines: readonly Line[]): string {
  const most = Math.max(1, ...lines.flatMap(({ values }) => values));
  const count = Math.max(2, ...lines.map(({ values }) => values.length));
  const x = (i: number) => (MARGIN + i * (WIDTH - 2 * MARGIN) / (count - 1)).toFixed(1);
  const y = (value: number) => (HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN) / most).toFixed(1);
  const text = (at: string, words: string, more = "") => `<text ${at} ${more}>${words}</text>`;
  const drawn = lines.map(({ name, values }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const points = values.map((value, at) => `${x(at)},${y(value)}`).join(" ");
    const legend = text(`x="${MARGIN + 150 * i}" y="${HEIGHT - 10}"`, name, `fill="${colour}"`);
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points}"/>${legend}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(`x="${MARGIN}" y="24"`, title, 'font-size="15"'),
    `<path d="M${MARGIN} ${y(most)}V${y(0)}H${WIDTH - MARGIN}" fill="none" stroke="#888888"/>`,
    text(`x="4" y="${y(most)}"`, most.toFixed(0)),
    text(`x="4" y="${y(0)}"`, "0"),
    text(`x="${WIDTH - MARGIN - 60}" y="${HEIGHT - 30}"`, `${count} minutes`),
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}
