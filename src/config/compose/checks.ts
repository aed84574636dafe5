import { isRecord } from "../../base/json.ts";
import { type Composition, hint } from "./composition.ts";
import type { Entry } from "./origins.ts";
import type { Path } from "../problem.ts";
import { fillIn } from "./vars.ts";

type Map_ = Record<string, unknown>;
/** An item of a list, and its position. */
type Item = { value: unknown; entry: Entry | undefined };

/** Keys of a target's `defaults` that apply to requests of steps instead of checks. */
const OF_REQUESTS = ["headers"];

/** Removes disabled entries, expands named steps and fills in the defaults of targets. */
export function expandChecks(root: Map_, composition: Composition): Map_ {
  const { fail } = composition;
  const expandStep = stepExpander(root, composition);
  const enabled = (holder: unknown, path: Path) => {
    if (!isRecord(holder) || !Object.hasOwn(holder, "enabled")) return true;
    if (typeof holder.enabled === "boolean") return holder.enabled;
    fail(root, [...path, "enabled"], { message: "wrong type", expected: "true or false" });
    return true;
  };
  const each = (
    map: Map_,
    key: string,
    path: Path,
    expand: (item: unknown, path: Path, entry?: Entry) => Item[],
  ) =>
    withList(map, key, (list) =>
      list.flatMap((item, i) => {
        const at = [...path, key, i];
        return enabled(item, at) ? expand(item, at, composition.origins.entry(list, i)) : [];
      }), composition);
  const plain = (
    value: unknown,
    _path: Path,
    entry?: Entry,
  ): Item[] => [{ value: drop(value, "enabled", composition), entry }];
  const target = (value: unknown, path: Path, entry?: Entry): Item[] => {
    if (!isRecord(value)) return [{ value, entry }];
    const expanded = each(value, "checks", path, (check, at, place) => {
      if (!isRecord(check)) return [{ value: check, entry: place }];
      const steps = (holder: Map_, key: string) => each(holder, key, at, expandStep);
      const walked = steps(steps(check, "journey"), "cleanup");
      return plain(withDefaults(walked, value.defaults, composition), at, place);
    });
    return plain(drop(expanded, "defaults", composition), path, entry);
  };
  return each(each(root, "targets", [], target), "webhooks", [], plain);
}

/** The map with the list under `key` replaced. */
function withList(map: Map_, key: string, make: (list: unknown[]) => Item[], { origins }: Composition): Map_ {
  const list = map[key];
  if (!Array.isArray(list)) return map;
  const items = make(list);
  if (items.length === list.length && items.every(({ value }, i) => value === list[i])) return map;
  const made = origins.made(
    items.map(({ value }) => value),
    origins.self(list),
    items.map(({ entry }, i) => [i, entry]),
  );
  return withKeys(map, { [key]: { value: made, entry: origins.entry(map, key) } }, { origins });
}

/** The map with entries added or replaced. */
function withKeys(map: Map_, more: Record<string, Item>, { origins }: Pick<Composition, "origins">): Map_ {
  const value = {
    ...map,
    ...Object.fromEntries(Object.entries(more).map(([key, { value }]) => [key, value])),
  };
  return origins.made(
    value,
    origins.self(map),
    Object.keys(value).map((key) => [key, more[key] ? more[key].entry : origins.entry(map, key)]),
  );
}

function drop(value: unknown, key: string, { origins }: Composition): unknown {
  if (!isRecord(value) || !Object.hasOwn(value, key)) return value;
  const { [key]: _, ...rest } = value;
  return origins.made(
    rest,
    origins.self(value),
    Object.keys(rest).map((name) => [name, origins.entry(value, name)]),
  );
}

/** The check with missing keys from its target's `defaults`. */
function withDefaults(check: Map_, defaults: unknown, composition: Composition): Map_ {
  if (!isRecord(defaults)) return check;
  const { origins } = composition;
  const item = (holder: Map_, key: string): Item => ({
    value: holder[key],
    entry: origins.entry(holder, key),
  });
  const missing = Object.keys(defaults).filter((key) =>
    !OF_REQUESTS.includes(key) && !Object.hasOwn(check, key)
  );
  // `every` and `cron` exclude each other, and only `cron` has a zone.
  const given = missing.filter((key) =>
    !(key === "every" && "cron" in check) && !(key === "cron" && "every" in check) &&
    !(key === "zone" && !("cron" in check) && ("every" in check || !("cron" in defaults)))
  );
  const whole = withKeys(
    check,
    Object.fromEntries(given.map((key) => [key, item(defaults, key)])),
    composition,
  );
  const { headers } = defaults;
  if (!isRecord(headers)) return whole;
  return ["journey", "cleanup"].reduce((all, part) =>
    withList(all, part, (steps) =>
      steps.map((step, i) => ({
        value: withHeaders(step, headers, composition),
        entry: origins.entry(all[part] as object, i),
      })), composition), whole);
}

/** Whether a step is an HTTP request, which has headers. */
const isHttp = (step: Map_) =>
  !["tcp", "tls", "dns", "websocket", "grpc", "burst"].some((kind) => kind in step);

function withHeaders(step: unknown, headers: Map_, composition: Composition): unknown {
  if (!isRecord(step) || !isHttp(step)) return step;
  const { origins } = composition;
  const request = isRecord(step.request) ? step.request : {};
  if ("request" in step && !isRecord(step.request)) return step;
  const own = isRecord(request.headers) ? request.headers : {};
  const names = new Set(Object.keys(own).map((name) => name.toLowerCase()));
  const given = Object.keys(headers).filter((name) => !names.has(name.toLowerCase()));
  const merged = withKeys(
    own,
    Object.fromEntries(
      given.map((name) => [name, { value: headers[name], entry: origins.entry(headers, name) }]),
    ),
    composition,
  );
  const sent = withKeys(
    request,
    { headers: { value: merged, entry: origins.entry(request, "headers") } },
    composition,
  );
  return withKeys(step, { request: { value: sent, entry: origins.entry(step, "request") } }, composition);
}

/** Makes a function that replaces `use: name` by the named steps with their parameters filled in. */
function stepExpander(root: Map_, composition: Composition) {
  const { fail, origins } = composition;
  const named = isRecord(root.steps) ? root.steps : {};
  if (root.steps !== undefined && !isRecord(root.steps)) {
    fail(root, ["steps"], { message: "wrong type", expected: "a map of names and lists of steps" });
  }
  return (step: unknown, path: Path, entry?: Entry): Item[] => {
    if (!isRecord(step) || !Object.hasOwn(step, "use")) {
      return [{ value: drop(step, "enabled", composition), entry }];
    }
    const { use, with: given = {}, enabled: _, ...rest } = step;
    for (const key of Object.keys(rest)) {
      fail(root, [...path, key], {
        at: "key",
        message: "unknown key with use",
        expected: "with",
        found: key,
      });
    }
    if (typeof use !== "string" || !Object.hasOwn(named, use)) {
      fail(root, [...path, "use"], {
        message: "no step of this name",
        ...hint(String(use), Object.keys(named)),
      });
      return [];
    }
    const params = isRecord(given) ? given : {};
    const list = named[use];
    if (!Array.isArray(list)) {
      fail(root, ["steps", use], { message: "wrong type", expected: "a list of steps" });
      return [];
    }
    const filled = fillIn(list, "param", params, composition);
    const used = JSON.stringify(list);
    for (const name of Object.keys(params).filter((name) => !used.includes(`\${param:${name}`))) {
      fail(root, [...path, "with", name], { at: "key", message: "no step uses this parameter", found: name });
    }
    return filled.flatMap((item, i): Item[] => {
      if (isRecord(item) && Object.hasOwn(item, "use")) {
        fail(root, ["steps", use, i, "use"], {
          at: "key",
          message: "named steps do not use others",
          expected: "steps",
        });
        return [];
      }
      return [{ value: item, entry: origins.entry(filled, i) }];
    });
  };
}
