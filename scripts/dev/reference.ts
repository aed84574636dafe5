/**
 * Generates docs/configuration.md from the JSON Schema: every key with type, default, meaning and an example
 * from our own configs.
 */
import { parse } from "yaml";

/** The configs that examples come from. */
export const CONFIGS = [
  "test/config/example.yaml",
  "examples/worker.yaml",
  "examples/sources.yaml",
  "examples/grpc.yaml",
];

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  pattern?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: Schema | boolean;
}

/** One key. */
interface Key {
  name: string;
  type: string;
  required: boolean;
  schema: Schema;
  /** Dotted path of the key, without list indices. */
  path: string;
}

const DURATION = "(ms|s|m|h|d)";

function typeOf(schema: Schema): string {
  const { type, enum: words, anyOf, items, pattern } = schema;
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (words) return words.map((word) => `\`${word}\``).join(", ");
  const { oneOf = anyOf } = schema;
  if (oneOf) return [...new Set(oneOf.map(typeOf))].join(" or ");
  if (type === "array") return items ? `list of ${typeOf(items)}` : "list";
  if (type === "object") return "map";
  if (pattern?.includes(DURATION)) return "duration";
  return type === "string" ? "text" : type ?? "anything";
}

/** The keys of a schema, including those of its alternatives and items. */
function keysOf(schema: Schema, path: string): Key[] {
  const { properties = {}, required = [], anyOf, oneOf = anyOf, allOf = [], items } = schema;
  const { additionalProperties: rest } = schema;
  const own = Object.entries(properties).map(([name, schema]): Key => ({
    name,
    type: typeOf(schema),
    required: required.includes(name) && schema.default === undefined,
    schema,
    path: path ? `${path}.${name}` : name,
  }));
  const further = [...allOf, ...(items ? [items] : []), ...(typeof rest === "object" ? [rest] : [])];
  const inner = [...further.flatMap((one) => keysOf(one, path)), ...alternativesOf(oneOf ?? [], path)];
  const known = new Map([...own, ...inner].reverse().map((key) => [key.name, key]));
  return [...known.values()].reverse();
}

/** The keys of alternatives, each once. A key is only required if every alternative requires it. */
function alternativesOf(all: Schema[], path: string): Key[] {
  const maps = all.map((one) => keysOf(one, path)).filter((keys) => keys.length > 0);
  const byName = Map.groupBy(maps.flat(), ({ name }) => name);
  return [...byName.values()].map((same): Key => ({
    ...same[0]!,
    required: same.every(({ required }) => required) && (same.length > 1 || maps.length === 1),
    schema: {
      ...same[0]!.schema,
      description: commonText(same.map(({ schema }) => schema.description ?? "")),
    },
  }));
}

/** The common beginning of several descriptions, in whole words. */
function commonText([first = "", ...others]: string[]): string {
  const words = first.split(" ");
  const same = words.findIndex((_, i) =>
    others.some((other) => !`${other} `.startsWith(`${words.slice(0, i + 1).join(" ")} `))
  );
  return same < 0 ? first : `${words.slice(0, same).join(" ")} … (by kind)`;
}

/** The first value at a path in these configs, searching all items of lists. */
function exampleOf(configs: readonly unknown[], path: string): unknown {
  const names = path.split(".");
  const search = (value: unknown, at: number): unknown => {
    if (Array.isArray(value)) {
      if (at === names.length) return value;
      return value.map((item) => search(item, at)).find((found) => found !== undefined);
    }
    if (at === names.length) return value;
    if (typeof value !== "object" || value === null) return undefined;
    return search((value as Record<string, unknown>)[names[at]!], at + 1);
  };
  return configs.map((config) => search(config, 0)).find((found) => found !== undefined);
}

const SHORT = 60;
const isPlain = (value: unknown): value is string => typeof value === "string" && !/\p{Cc}/u.test(value);
const code = (value: unknown) =>
  `\`${(isPlain(value) ? value : JSON.stringify(value)).replaceAll("|", "\\|")}\``;

function row({ name, type, required, schema, path }: Key, configs: readonly unknown[]): string {
  const example = exampleOf(configs, path);
  const shown = example === undefined || JSON.stringify(example).length > SHORT ? "" : code(example);
  const fallback = required ? "required" : schema.default === undefined ? "" : code(schema.default);
  return `| \`${name}\` | ${type.replaceAll("|", "\\|")} | ${fallback} | ${
    schema.description ?? ""
  } | ${shown} |`;
}

/** The page as Markdown. `sources` are YAML texts of valid configs that examples come from. */
export function configurationPage(schema: Schema, sources: readonly string[]): string {
  const configs = sources.map((text) => parse(text));
  const sections: string[] = [];
  /** The first path of each set of keys, so that the same keys are listed only once. */
  const known = new Map<string, string>();
  const visit = (schema: Schema, path: string) => {
    const kinds = schema.items?.oneOf?.filter(({ properties }) => properties?.kind);
    if (kinds?.length) {
      return kinds.forEach((one) => section(one, path, ` of kind \`${one.properties!.kind!.const}\``));
    }
    section(schema, path, "");
  };
  const section = (schema: Schema, path: string, of: string) => {
    const keys = keysOf(schema, path);
    if (keys.length === 0) return;
    const content = JSON.stringify(keys.map(({ name, schema }) => [name, schema]));
    const same = known.get(content);
    if (same) return void sections.push(`## \`${path}\`\n\nThe same as \`${same}\`.`);
    known.set(content, path);
    const title = path === "" ? "Top level" : `\`${path}\`${of}`;
    sections.push([
      `## ${title}`,
      "",
      "| key | type | default | meaning | example |",
      "| --- | --- | --- | --- | --- |",
      ...keys.map((key) => row(key, configs)),
    ].join("\n"));
    for (const key of keys) visit(key.schema, key.path);
  };
  visit(schema, "");
  return [
    "# Configuration",
    "",
    "Every key of `assay.yaml`. `deno task schema` generates this page from the",
    "[JSON Schema](../schema/assay.schema.json), so edit the schema instead. Paths contain only keys, without list",
    "indices. Durations are a number and a unit: `250ms`, `30s`, `5m`, `2h`, `7d`.",
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}
