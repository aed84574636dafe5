import { isScalar, Scalar } from "yaml";
import { isRecord } from "../../base/json.ts";
import { type Composition, hint } from "./composition.ts";
import type { Path } from "../problem.ts";
import type { Entry } from "./origins.ts";

/** Sources of `${var:NAME}`. */
export interface VarOptions {
  /** Values that override the file's: `--var NAME=value`. */
  vars?: Readonly<Record<string, string>>;
  /** Selects the environment that overrides the file's `vars`: `--environment staging`. */
  environment?: string;
  /** Environment variables of the process that reads the config, for `${env:NAME}` in vars. */
  variables?: (name: string) => string | undefined;
}

type Values = Record<string, unknown>;

/** Reads the values of `vars`: the file's, overridden by the environment's, then by the given ones. */
export function readVars(
  root: Record<string, unknown>,
  options: VarOptions,
  composition: Composition,
): Values {
  const { fail } = composition;
  const { vars = {}, environment } = options;
  const own = readValues(root, ["vars"], options, composition);
  const environments = isRecord(root.environments) ? root.environments : {};
  if (environment !== undefined && !Object.hasOwn(environments, environment)) {
    fail(root, ["environments"], {
      message: `there is no environment ${environment}`,
      ...hint(environment, Object.keys(environments)),
    });
    return { ...own, ...vars };
  }
  const named = environment === undefined
    ? {}
    : readValues(root, ["environments", environment], options, composition);
  const known = { ...own, ...named };
  for (const name of Object.keys(vars).filter((name) => !Object.hasOwn(known, name))) {
    fail(root, ["vars"], { message: `there is no var ${name}`, ...hint(name, Object.keys(known)) });
  }
  return { ...known, ...vars };
}

function readValues(root: Values, path: string[], { variables }: VarOptions, { fail }: Composition): Values {
  const values = path.reduce<unknown>((at, key) => (at as Values | undefined)?.[key], root);
  if (values === undefined) return {};
  if (!isRecord(values)) {
    fail(root, path, { message: "wrong type", expected: "a map of names and values" });
    return {};
  }
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, unknown][] => {
      if (typeof value === "object" && value !== null) {
        fail(root, [...path, name], { message: "wrong type", expected: "a text, a number, true or false" });
        return [];
      }
      if (typeof value !== "string") return [[name, value]];
      const missing: string[] = [];
      const filled = value.replace(ENV, (_, variable: string, fallback: string | undefined) => {
        const found = variables?.(variable) ?? fallback;
        if (found === undefined) missing.push(variable);
        return found ?? "";
      });
      if (missing.length > 0) {
        const expected = `the environment variable ${missing.join(", ")}, or \${env:NAME:-default}`;
        fail(root, [...path, name], {
          message: `${missing.join(", ")} is not set`,
          expected,
          found: "nothing",
        });
      }
      return [[name, filled]];
    }),
  );
}

const ENV = /\$\{env:([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Converts a text that replaces a plain scalar as YAML would: to a number or boolean. In quotes it stays a
 * text.
 */
function typed(value: unknown, entry: Entry | undefined): unknown {
  const node = entry?.value.node;
  if (typeof value !== "string" || !isScalar(node) || node.type !== Scalar.PLAIN) return value;
  if (/^(true|false)$/.test(value)) return value === "true";
  return /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(value) ? Number(value) : value;
}

/**
 * Replaces each `${word:NAME}` and `${word:NAME:-default}`. A text that is only a reference takes the value's
 * type.
 */
export function fillIn<Value>(
  value: Value,
  word: "var" | "param",
  values: Values,
  composition: Composition,
): Value {
  const pattern = new RegExp(`\\$\\{${word}:([A-Za-z_][\\w-]*)(?::-([^}]*))?\\}`, "g");
  const whole = new RegExp(`^${pattern.source}$`);
  const valueOf = (text: string, name: string, fallback: string | undefined, path: Path) => {
    if (Object.hasOwn(values, name)) return values[name];
    if (fallback !== undefined) return fallback;
    composition.fail(value, path, {
      message: `there is no ${word} ${name}`,
      ...hint(name, Object.keys(values)),
    });
    return text;
  };
  const fill = (item: unknown, path: Path, entry?: Entry): unknown => {
    if (typeof item === "string") {
      if (!item.includes(`\${${word}:`)) return item;
      const only = whole.exec(item);
      if (only) return typed(valueOf(item, only[1]!, only[2], path), entry);
      return item.replace(pattern, (text, name, fallback) => String(valueOf(text, name, fallback, path)));
    }
    if (typeof item !== "object" || item === null) return item;
    return Array.isArray(item) ? fillList(item, path) : fillMap(item as Values, path);
  };
  const { origins } = composition;
  const fillList = (list: unknown[], path: Path) => {
    const filled = list.map((item, i) => fill(item, [...path, i], origins.entry(list, i)));
    if (filled.every((item, i) => item === list[i])) return list;
    return origins.made(filled, origins.self(list), list.map((_, i) => [i, origins.entry(list, i)]));
  };
  const fillMap = (map: Values, path: Path) => {
    const keys = Object.keys(map);
    // Definitions of vars are not filled in.
    const kept = (key: string) => path.length === 0 && (key === "vars" || key === "environments");
    const filled = keys.map((key) =>
      kept(key) ? map[key] : fill(map[key], [...path, key], origins.entry(map, key))
    );
    if (filled.every((item, i) => item === map[keys[i]!])) return map;
    return origins.made(
      Object.fromEntries(keys.map((key, i) => [key, filled[i]])),
      origins.self(map),
      keys.map((key) => [key, origins.entry(map, key)]),
    );
  };
  return fill(value, []) as Value;
}
