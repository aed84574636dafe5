/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/**
 * All charts of the pages, as plain SVG. The style sheet sets the colours; shapes carry the same information.
 */
import type { Child } from "hono/jsx";
import type { ServiceLevel } from "../../judgement/service_level.ts";

const CELL = 4;
const HEIGHT = 20;
const GOOD = 13;

/** An event or a period, as shares of the chart's width. */
export interface Mark {
  from: number;
  to?: number;
}

/** Events drawn over a chart. */
export interface Events {
  deployments: Mark[];
  silences: Mark[];
  incidents?: Mark[];
}

/** Draws a line across for a deployment, above for a silence, below for an incident. */
function EventMarks(
  { events: { deployments, silences, incidents = [] }, width, height }: {
    events: Events;
    width: number;
    height: number;
  },
) {
  const x = (share: number) => Math.round(share * width);
  const spans = (name: string, marks: Mark[], top: number) =>
    marks.length > 0 && (
      <path
        class={name}
        d={marks.map(({ from, to = 1 }) => `M${x(from)} ${top}h${Math.max(2, x(to) - x(from))}v2H${x(from)}z`)
          .join("")}
      />
    );
  return (
    <>
      {spans("s", silences, 0)}
      {spans("b", incidents, height - 2)}
      {deployments.length > 0 && (
        <path
          class="m"
          d={deployments.map(({ from }) => `M${x(from) - 1} 0h2v${height}h-2z`).join("")}
        />
      )}
    </>
  );
}

/**
 * A band of verdicts. A low bar is good; a high bar is bad, and the higher, the longer it was bad. Drift is
 * split in two, because claim and proof differ there. A cell without data is empty.
 */
export function BandChart(
  { cells, label, span, events }: {
    cells: readonly (ServiceLevel | undefined)[];
    label: string;
    /** Start of the first cell (epoch ms) and length of each. With it the script shows a cell's content. */
    span?: { from: number; cellMs: number };
    events?: Events;
  },
) {
  const width = cells.length * CELL;
  return (
    <svg
      class="band"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
      {...span &&
        { tabindex: 0, "data-from": span.from, "data-step": span.cellMs, "data-cells": cellsText(cells) }}
    >
      {[...paths(cells)].map(([name, d]) => <path class={name} d={d} />)}
      {span && <use href="#cuts" class="cut" />}
      {events && <EventMarks events={events} width={width} height={HEIGHT} />}
    </svg>
  );
}

/**
 * The cells for the script: `g`, `u`, or `b` or `d` with the bad or drifting seconds; `-` is a gap, and `9g`
 * means nine.
 */
function cellsText(cells: readonly (ServiceLevel | undefined)[]): string {
  const runs: { text: string; n: number }[] = [];
  for (const cell of cells) {
    const name = cell && shapeOf(cell)?.name;
    const text = name === "b"
      ? `b${cell!.badSeconds}`
      : name === "d"
      ? `d${cell!.driftSeconds}`
      : name ?? "-";
    const last = runs.at(-1);
    if (last?.text === text) last.n++;
    else runs.push({ text, n: 1 });
  }
  return runs.map(({ text, n }) => n > 1 ? `${n}${text}` : text).join(" ");
}

function paths(cells: readonly (ServiceLevel | undefined)[]): Map<string, string> {
  const shapes = cells.map((cell) => cell && shapeOf(cell));
  const drawn = new Map<string, string>();
  for (let at = 0; at < shapes.length;) {
    const shape = shapes[at];
    let end = at + 1;
    while (shape && end < shapes.length && shapes[end]?.name === shape.name && shapes[end]?.h === shape.h) {
      end++;
    }
    if (shape) drawn.set(shape.name, (drawn.get(shape.name) ?? "") + box(at, end - at, shape));
    at = end;
  }
  return drawn;
}

/** The lines between the cells of a band, defined once and used by all bands of a page. */
export const Cuts = ({ count }: { count: number }) => (
  <svg class="cuts" aria-hidden="true">
    <path
      id="cuts"
      d={Array.from({ length: count }, (_, i) => `M${(i + 1) * CELL} 0v${HEIGHT}`).join("")}
    />
  </svg>
);

interface Shape {
  /** g: good, b: bad, d: drift, u: not judged. */
  name: string;
  h: number;
}

function shapeOf(
  { goodSeconds, badSeconds, driftSeconds, unjudgedSeconds }: ServiceLevel,
): Shape | undefined {
  const judged = goodSeconds + badSeconds;
  if (judged === 0) return unjudgedSeconds > 0 ? { name: "u", h: 3 } : undefined;
  if (badSeconds === 0) return { name: "g", h: GOOD };
  const h = 15 + Math.round(5 * badSeconds / judged);
  return { name: driftSeconds > 0 ? "d" : "b", h };
}

function box(at: number, count: number, { name, h }: Shape): string {
  const w = count * CELL;
  const rect = (top: number, bottom: number) => `M${at * CELL} ${top}h${w}v${bottom - top}h-${w}z`;
  if (name !== "d") return rect(HEIGHT - h, HEIGHT);
  return rect(HEIGHT - h, HEIGHT - h / 2 - 1) + rect(HEIGHT - h / 2 + 1, HEIGHT);
}

/** What one prober saw in one slot. `says` and `does` are undefined if they do not count. */
export interface Point {
  /** Epoch ms. */
  at: number;
  says?: boolean;
  does?: boolean;
}

const WIDE = 600;

/** Data of a lane chart. Times are epoch ms. */
export interface LaneOptions {
  points: readonly Point[];
  from: number;
  to: number;
  /** Length of a slot, ms. */
  stepMs: number;
  label: string;
  marks: Mark[];
}

/** A lane chart with a caption. */
export const LaneFigure = ({ children, ...lanes }: LaneOptions & { children: Child }) => (
  <figure class="lane">
    <figcaption>{children}</figcaption>
    <div aria-hidden="true">
      <span>says</span>
      <span>does</span>
    </div>
    <LaneChart {...lanes} />
  </figure>
);

/**
 * Two lanes over time: the claim above, the proof below. A full bar is ready, a thin line is not. Where they
 * differ, the gap is filled: drift, or, hatched, an underclaim.
 */
function LaneChart({ points, from, to, stepMs, label, marks }: LaneOptions) {
  const x = (at: number) => Math.round(Math.min(1, Math.max(0, (at - from) / (to - from))) * WIDE * 10) / 10;
  const d: Record<string, string> = {};
  for (const { from, to, says, does } of runs(points, stepMs)) {
    const draw = (name: string, top: number, bottom: number) =>
      d[name] = `${d[name] ?? ""}M${x(from)} ${top}H${x(to)}V${bottom}H${x(from)}z`;
    if (says !== undefined) draw(says ? "g" : "b", says ? 2 : 10, 14);
    if (does !== undefined) draw(does ? "g" : "b", 30, does ? 42 : 34);
    if (says !== undefined && does !== undefined && says !== does) draw(says ? "d" : "w", 14, 30);
  }
  return (
    <svg class="lanes" viewBox={`0 0 ${WIDE} 44`} preserveAspectRatio="none" role="img" aria-label={label}>
      {Object.entries(d).map(([name, path]) => <path class={name} d={path} />)}
      {marks.map((mark) => <path class="m" d={`M${Math.round(mark.from * WIDE)} 0v44h2v-44z`} />)}
    </svg>
  );
}

/** Merges adjacent slots with the same values. */
function runs(
  points: readonly Point[],
  stepMs: number,
): (Omit<Point, "at"> & { from: number; to: number })[] {
  const found: (Omit<Point, "at"> & { from: number; to: number })[] = [];
  for (const { at, says, does } of points) {
    const last = found.at(-1);
    if (last && last.says === says && last.does === does && at <= last.to + stepMs / 2) last.to = at + stepMs;
    else found.push({ from: at, to: at + stepMs, says, does });
  }
  return found;
}

/** A phase of a step; `tone` is its index in the style sheet's scale. */
export interface Phase {
  name: string;
  ms: number;
  tone: number;
}

/**
 * One bar of a waterfall, all times in ms. It is divided into phases if they are known, and underlined if the
 * step failed.
 */
export function WaterfallBar(
  { start, length, whole, phases, bad }: {
    start: number;
    length: number;
    whole: number;
    phases: readonly Phase[];
    bad: boolean;
  },
) {
  const x = (ms: number) => Math.round(ms / Math.max(1, whole) * 1_000) / 10;
  const width = Math.max(0.5, x(length));
  const box = (from: number, to: number, top: number, bottom: number) =>
    `M${x(from)} ${top}h${Math.max(0.5, x(to) - x(from))}v${bottom - top}H${x(from)}z`;
  let at = start;
  return (
    <svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      {phases.length === 0 && <path class={bad ? "b" : "g"} d={`M${x(start)} 0h${width}v8h-${width}z`} />}
      {phases.map(({ ms, tone }) => <path class={`t${tone}`} d={box(at, at += ms, 0, 8)} />)}
      {bad && <path class="b" d={box(start, start + length, 8, 10)} />}
    </svg>
  );
}

/**
 * One prober's latency by hour: a line through the medians, a shade up to p95, and a dash at the maximum.
 * Times are epoch ms, latencies ms; `most` is the top of the scale.
 */
export function LatencyChart(
  { points, most, from, to, events }: {
    points: readonly { at: number; p50: number; p95: number; max: number }[];
    most: number;
    from: number;
    to: number;
    events: Events;
  },
) {
  const x = (at: number) => Math.round((at - from) / (to - from) * WIDE);
  const y = (ms: number) => Math.round((1 - ms / Math.max(1, most)) * 36 * 10) / 10 + 2;
  const line = (of: "p50" | "p95", all = points) =>
    all.map((point) => `${x(point.at)} ${y(point[of])}`).join("L");
  if (points.length === 0) return null;
  return (
    <svg class="trend" viewBox={`0 0 ${WIDE} 40`} preserveAspectRatio="none" aria-hidden="true">
      <path class="shade" d={`M${line("p95")}L${line("p50", points.toReversed())}z`} />
      <path class="line" d={`M${line("p50")}${points.length === 1 ? "h4" : ""}`} />
      <path class="top" d={points.map(({ at, max }) => `M${x(at) - 4} ${y(max)}h8`).join("")} />
      <EventMarks events={events} width={WIDE} height={40} />
    </svg>
  );
}
