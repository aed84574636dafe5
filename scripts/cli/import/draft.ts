/** What importers make: checks of a config, and what became of each key of the source. */

/** What became of a part of the source that is not simply there. */
export interface Remark {
  kind: "approximated" | "lost";
  /** Where in the source: `endpoints[0].alerts`. */
  at: string;
  text: string;
}

/** One check, and the target that it belongs to. */
export interface ImportedCheck {
  /** Origin of the target, with a base path at most. */
  url: string;
  name: string;
  labels?: Record<string, string>;
  /** As it stands in the config; `journey` is among it. */
  check: Record<string, unknown>;
  remarks: Remark[];
}

/** All that came of one source. */
export interface Imported {
  checks: ImportedCheck[];
  /** About no single check. */
  remarks: Remark[];
}

/** Literal secrets of a source, by the name of the variable that stands for each. */
export class SecretNames {
  readonly values = new Map<string, string>();

  /** The reference that stands for `value`, named after what it is for. */
  reference(value: string, ...about: string[]): string {
    const variable = /^\$\{?([A-Z_][A-Z0-9_]*)\}?$/.exec(value)?.[1];
    if (variable) return `\${env:${variable}}`;
    const base = about.join("_").toUpperCase().replace(/[^A-Z0-9]+/g, "_").replace(/^_+|_+$/g, "") ||
      "SECRET";
    const stem = /^[A-Z_]/.test(base) ? base : `_${base}`;
    for (let n = 1;; n++) {
      const name = n === 1 ? stem : `${stem}_${n}`;
      const known = this.values.get(name);
      if (known !== undefined && known !== value) continue;
      this.values.set(name, value);
      return `\${env:${name}}`;
    }
  }

  /** A header's value as it may stand in a config. */
  header(name: string, value: string, about: string): string {
    if (!/authorization|cookie|token|secret|passw|api-?key|credential|signature/i.test(name)) {
      return value.replace(/\$\{([A-Z_][A-Z0-9_]*)\}/g, "${env:$1}");
    }
    const [, scheme = "", rest = value] = /^(Bearer |Basic |Token |ApiKey )?([\s\S]*)$/i.exec(value) ?? [];
    return scheme + this.reference(rest, about, name);
  }
}

/** A record of a source, each of whose keys is either taken or reported as lost. */
export class Taken {
  readonly #record: Record<string, unknown>;
  readonly #taken = new Set<string>();

  constructor(record: unknown, readonly at: string) {
    this.#record = typeof record === "object" && record !== null ? record as Record<string, unknown> : {};
  }

  /** The value of a key that is mapped; undefined: it is not there. */
  take<Value = unknown>(key: string): Value | undefined {
    this.#taken.add(key);
    return (this.#record[key] ?? undefined) as Value | undefined;
  }

  /** The same for a record, whose own keys are then taken. */
  below(key: string): Taken {
    return new Taken(this.take(key), `${this.at}.${key}`);
  }

  /** Keys that mean nothing to a check. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#taken.add(key);
  }

  /** The keys that were not taken, each with why it is lost. */
  lost(reason: (key: string) => string = () => "there is nothing like it"): Remark[] {
    return Object.entries(this.#record)
      .filter(([key, value]) =>
        !this.#taken.has(key) && value !== null && value !== undefined && !isEmpty(value)
      )
      .map(([key]) => ({ kind: "lost", at: `${this.at}.${key}`, text: reason(key) }));
  }
}

const isEmpty = (value: unknown) =>
  value === false || value === "" ||
  (typeof value === "object" && value !== null && Object.keys(value).length === 0);

/** A text as CEL writes one. */
export const celText = (text: string): string =>
  `'${text.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")}'`;

/** Milliseconds as a duration of ours. */
export function durationText(ms: number): string {
  const units: [string, number][] = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000], [
    "ms",
    1,
  ]];
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${Math.round(ms / size)}${unit}`;
}

/** The time of a check that does not set one. */
const CHECK_MS = 10_000;

/** The `timeout` of a step. What is longer than its check stays out, with a remark. */
export function stepTimeout(ms: number | undefined, at: string, remarks: Remark[]): { timeout?: string } {
  if (!ms || ms === CHECK_MS) return {};
  if (ms < CHECK_MS) return { timeout: durationText(ms) };
  const text = `after 10 s, not ${ms / 1_000}: the check's timeout may be 45s`;
  remarks.push({ kind: "approximated", at: `${at}.timeout`, text });
  return {};
}

/** `1m30s`, `0.5s`, `1w` of Go and Prometheus, in ms; undefined: none. */
export function goDurationMs(text: unknown): number | undefined {
  const sizes: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31_536e6 };
  const parts = typeof text === "string" ? [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)] : [];
  if (parts.length === 0) return undefined;
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * sizes[unit!]!, 0));
}

const HEALTH =
  /\/(health|healthz|healthcheck|health-check|ready|readyz|readiness|up|actuator\/health(\/\w+)?|status)\/?$/;

/** Whether a path is where services say how they are. */
export const isHealthPath = (path: string): boolean => HEALTH.test(path);

/** A monitor that asks a health path alone: its answer is the report, and the journey is still to be written. */
export function withReport(draft: ImportedCheck, path: string): ImportedCheck {
  if (!isHealthPath(path.split("?")[0]!)) return draft;
  const text =
    "this asks only what the service says of itself: write a journey that uses it, so that the two can differ";
  return {
    ...draft,
    check: { report: { path }, ...draft.check },
    remarks: [...draft.remarks, { kind: "approximated", at: draft.name, text }],
  };
}

/** An absolute URL as target and request; `{{ }}` in it stays as it is. */
export function splitUrl(url: string): { origin: string; path: string } | undefined {
  const holes: string[] = [];
  // A URL parser would encode the braces.
  const parsed = URL.parse(url.replace(/\{\{.*?\}\}/g, (hole) => `~~${holes.push(hole) - 1}~~`));
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.hostname.includes("~")) return undefined;
  const path = `${parsed.pathname}${parsed.search}`.replace(/~~(\d+)~~/g, (_, i) => holes[Number(i)]!);
  return { origin: parsed.origin, path };
}

/** A status range such as 200-299 as a condition. */
export const statusRange = (from: number, to: number): string =>
  from === to ? `status == ${from}` : `status >= ${from} && status <= ${to}`;
