/** Shared by importers: checks of a config, and remarks about the keys of the source. */

/** A note about a part of the source that was not imported exactly. */
export interface Remark {
  kind: "approximated" | "lost";
  /** Where in the source: `endpoints[0].alerts`. */
  at: string;
  text: string;
}

/** One check and its target. */
export interface ImportedCheck {
  /** Origin of the target. */
  url: string;
  name: string;
  labels?: Record<string, string>;
  /** The check as written in the config, including `journey`. */
  check: Record<string, unknown>;
  remarks: Remark[];
}

/** The result of importing one source. */
export interface Imported {
  checks: ImportedCheck[];
  /** Remarks about no single check. */
  remarks: Remark[];
}

/** Literal secrets of a source, by the name of the environment variable that replaces each. */
export class SecretNames {
  readonly values = new Map<string, string>();

  /** Replaces `value` by a reference, named after what it is for. */
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

  /** A header's value as the config can hold it, with a secret replaced by a reference. */
  header(name: string, value: string, about: string): string {
    if (!/authorization|cookie|token|secret|passw|api-?key|credential|signature/i.test(name)) {
      return value.replace(/\$\{([A-Z_][A-Z0-9_]*)\}/g, "${env:$1}");
    }
    const [, scheme = "", rest = value] = /^(Bearer |Basic |Token |ApiKey )?([\s\S]*)$/i.exec(value) ?? [];
    return scheme + this.reference(rest, about, name);
  }
}

/** Tracks which keys of a source record were taken, so that the others can be reported as lost. */
export class Taken {
  readonly #record: Record<string, unknown>;
  readonly #taken = new Set<string>();

  constructor(record: unknown, readonly at: string) {
    this.#record = typeof record === "object" && record !== null ? record as Record<string, unknown> : {};
  }

  /** Takes a key and returns its value; undefined if absent. */
  take<Value = unknown>(key: string): Value | undefined {
    this.#taken.add(key);
    return (this.#record[key] ?? undefined) as Value | undefined;
  }

  /** Takes a key whose value is a record, and tracks that record's keys. */
  below(key: string): Taken {
    return new Taken(this.take(key), `${this.at}.${key}`);
  }

  /** Marks keys that do not matter to a check as taken. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#taken.add(key);
  }

  /** A remark for each key that was not taken and has a value. */
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

/** Quotes a text as a CEL string. */
export const celText = (text: string): string =>
  `'${text.replace(/[\\']/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t")}'`;

/** Formats milliseconds as a config duration. */
export function durationText(ms: number): string {
  const units: [string, number][] = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1_000], [
    "ms",
    1,
  ]];
  const [unit, size] = units.find(([, size]) => ms >= size && ms % size === 0) ?? ["ms", 1];
  return `${Math.round(ms / size)}${unit}`;
}

/** The default timeout of a check. */
const CHECK_MS = 10_000;

/** The `timeout` of a step. One longer than the check's is left out, with a remark. */
export function stepTimeout(ms: number | undefined, at: string, remarks: Remark[]): { timeout?: string } {
  if (!ms || ms === CHECK_MS) return {};
  if (ms < CHECK_MS) return { timeout: durationText(ms) };
  const text = `times out after 10 s, not ${ms / 1_000}: the check's timeout can be up to 45s`;
  remarks.push({ kind: "approximated", at: `${at}.timeout`, text });
  return {};
}

/** Parses a Go or Prometheus duration (`1m30s`, `0.5s`, `1w`) to ms; undefined if it is not one. */
export function goDurationMs(text: unknown): number | undefined {
  const sizes: Record<string, number> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31_536e6 };
  const parts = typeof text === "string" ? [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdwy])/g)] : [];
  if (parts.length === 0) return undefined;
  return Math.round(parts.reduce((sum, [, number, unit]) => sum + Number(number) * sizes[unit!]!, 0));
}

const HEALTH =
  /\/(health|healthz|healthcheck|health-check|ready|readyz|readiness|up|actuator\/health(\/\w+)?|status)\/?$/;

/** Whether a path looks like a health endpoint. */
export const isHealthPath = (path: string): boolean => HEALTH.test(path);

/**
 * Adds a `report` to a check that requests only a health path, with a remark that it still needs a journey.
 */
export function withReport(draft: ImportedCheck, path: string): ImportedCheck {
  if (!isHealthPath(path.split("?")[0]!)) return draft;
  const text =
    "this only requests the service's own report: write a journey that uses the service, so that the two can differ";
  return {
    ...draft,
    check: { report: { path }, ...draft.check },
    remarks: [...draft.remarks, { kind: "approximated", at: draft.name, text }],
  };
}

/** Splits an absolute HTTP URL into origin and path. Keeps `{{ }}` as written. */
export function splitUrl(url: string): { origin: string; path: string } | undefined {
  const holes: string[] = [];
  // The URL parser would percent-encode the braces.
  const parsed = URL.parse(url.replace(/\{\{.*?\}\}/g, (hole) => `~~${holes.push(hole) - 1}~~`));
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.hostname.includes("~")) return undefined;
  const path = `${parsed.pathname}${parsed.search}`.replace(/~~(\d+)~~/g, (_, i) => holes[Number(i)]!);
  return { origin: parsed.origin, path };
}

/** A condition for a status range such as 200-299. */
export const statusRange = (from: number, to: number): string =>
  from === to ? `status == ${from}` : `status >= ${from} && status <= ${to}`;
