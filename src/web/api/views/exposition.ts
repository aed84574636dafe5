/**
 * Prometheus text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). All our metrics are
 * gauges.
 */

/** The content type of {@linkcode exposition}. */
export const EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";

/** One series and its value; {@linkcode formatLabels} makes `labels`. */
export interface Series {
  labels: string;
  value: number;
}

/** One metric with its series. `name` is `[a-z_]+`. Without series only HELP and TYPE are written. */
export interface MetricFamily {
  name: string;
  help: string;
  series: Series[];
}

/** Formats labels as they appear between the braces; values may contain any character. */
export const formatLabels = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values).map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(",");

const ESCAPES: Record<string, string> = { "\\": "\\\\", "\n": "\\n", '"': '\\"' };
const escapeLabel = (text: string) => text.toWellFormed().replace(/[\\\n"]/g, (sign) => ESCAPES[sign]!);
/** HELP lines do not escape quotation marks. */
const escapeHelp = (text: string) => text.replace(/[\\\n]/g, (sign) => ESCAPES[sign]!);

/** Formats one block per metric, in order. */
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
