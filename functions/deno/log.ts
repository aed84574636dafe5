/** The log of a process, on standard error: JSON lines, or lines to read on a terminal. */
import type { Log } from "../../src/base/ports.ts";

type Level = keyof Log;
type Fields = Record<string, unknown>;

/** How a log is written. */
export const LOG_FORMATS = ["json", "text"] as const;
/** One of {@linkcode LOG_FORMATS}. */
export type LogFormat = (typeof LOG_FORMATS)[number];

const logOf = (write: (level: Level, message: string, fields: Fields) => string): Log => {
  const line = (level: Level) => (message: string, fields: Fields = {}) =>
    console.error(write(level, message, fields));
  return { info: line("info"), warn: line("warn"), error: line("error") };
};

/** One JSON line per event. */
export const jsonLog: Log = logOf((level, message, fields) =>
  JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })
);

/** One line to read per event. */
const textLog = (colours: boolean): Log =>
  logOf((level, message, fields) => formatRecord({ at: new Date(), level, message, fields, colours }));

/** The log in this format. By default text on a terminal, JSON otherwise. */
export function processLog(format: LogFormat = Deno.stderr.isTerminal() ? "text" : "json"): Log {
  return format === "json" ? jsonLog : textLog(Deno.stderr.isTerminal() && !Deno.noColor);
}

/** One event of a log. */
export interface LogRecord {
  at: Date;
  level: Level;
  message: string;
  fields: Fields;
  colours: boolean;
}

const COLOURS: Record<Level, number> = { info: 32, warn: 33, error: 31 };

/** `09:30:00Z warn  incident opened  target=shop reason="lost its database"` */
export function formatRecord({ at, level, message, fields, colours }: LogRecord): string {
  const paint = (code: number, text: string) => colours ? `\x1b[${code}m${text}\x1b[0m` : text;
  const named = Object.entries(fields).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${paint(2, `${name}=`)}${formatValue(value)}`);
  const time = paint(2, `${at.toISOString().slice(11, 19)}Z`);
  return [`${time} ${paint(COLOURS[level], level.padEnd(5))} ${message}`, ...named].join("  ");
}

/** A plain word as it is, anything else as JSON without control characters. */
function formatValue(value: unknown): string {
  if (typeof value === "string" && /^[\w.:/@+-]+$/.test(value)) return value;
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
