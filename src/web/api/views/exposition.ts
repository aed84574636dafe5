/** Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): every metric of ours is a gauge. */

/** The content type of {@linkcode exposition}. */
export const EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

/** One series and its value; `labels` are a text made by {@linkcode formatLabels}. */
export interface Series {
  labels: string;
  value: number;
}

/** One metric with all its series. `name` is `[a-z_]+`; without a series only its two lines of description are written. */
export interface MetricFamily {
  name: string;
  help: string;
  series: Series[];
}

/** Labels as they stand between the braces; values may hold anything. */
export const formatLabels = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const escapeLabel = (text: string) => text.toWellFormed().replace(/[\\\n"]/g, (sign) => ESCAPES[sign]!);
/** In a HELP line a quotation mark stands as it is. */
const escapeHelp = (text: string) => text.replace(/[\\\n]/g, (sign) => ESCAPES[sign]!);

/** One block for each metric, in order. */
export function exposition(families: readonly MetricFamily[]): string {
  let text = "";
  for (const { name, help, series } of families) {
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} gauge\n`;
    for (const { labels, value } of series) {
      text += labels ? `${name}{${labels}} ${formatValue(value)}\n` : `${name} ${formatValue(value)}\n`;
    }
  }
  return text;
}

const formatValue = (value: number) =>
  Math.abs(value) === Infinity ? (value > 0 ? "+Inf" : "-Inf") : `${value}`;
