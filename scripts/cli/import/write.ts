/** Writes imported checks as a config, with remarks as comments at their checks. */
import { refusal } from "../../../src/base/http/guard.ts";
import { Document, isMap, isSeq, type Node } from "yaml";
import { placeOf } from "./connection.ts";
import type { Imported, ImportedCheck, Remark } from "./draft.ts";

/** Makes a valid id from a name, unique in `taken`, and adds it there. */
export function idOf(name: string, taken: Set<string>): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 58) ||
    "check";
  for (let n = 1;; n++) {
    const id = n === 1 ? plain : `${plain}-${n}`;
    if (taken.has(id)) continue;
    taken.add(id);
    return id;
  }
}

/** Whether requests to this URL need `allowPrivate`. */
const needsAllowPrivate = (url: URL) => refusal(url, false) !== null && refusal(url, true) === null;

/** The URLs that a check connects to: its target and DNS servers. */
function addressesOf({ url, check }: ImportedCheck): URL[] {
  const steps = check.journey as { dns?: { server?: string } }[] | undefined ?? [];
  return [url, ...steps.map(({ dns }) => dns?.server && placeOf(dns.server)?.origin)]
    .flatMap((url) => URL.parse(url ?? "") ?? []);
}

/** The YAML of a config. */
export function writeConfig({ checks, remarks }: Imported, source: string): string {
  const groups = Map.groupBy(checks, ({ url, labels }) => JSON.stringify([url, labels]));
  const taken = new Set<string>();
  const targets = [...groups.values()].map((group) => targetOf(group, taken));
  const isPrivate = checks.flatMap(addressesOf).some(needsAllowPrivate);
  const document = new Document({
    version: 1,
    ...isPrivate && { allowPrivate: true },
    targets: targets.map(({ target }) => target),
  });
  document.commentBefore = [` Imported from ${source}.`, ...remarks.map(commentOf)].join("\n");
  const list = document.get("targets");
  targets.forEach(({ group }, i) => {
    const node = isSeq(list) ? list.items[i] : undefined;
    const inside = isMap(node) ? node.get("checks") : undefined;
    group.forEach(({ remarks }, at) => {
      const check = isSeq(inside) ? inside.items[at] as Node | undefined : undefined;
      if (check && remarks.length > 0) check.commentBefore = remarks.map(commentOf).join("\n");
    });
  });
  return document.toString({ lineWidth: 0 });
}

const commentOf = ({ kind, at, text }: Remark) => ` ${kind}: ${at}: ${text}`.replace(/\s*\n\s*/g, " ");

function targetOf(group: ImportedCheck[], taken: Set<string>) {
  const [first] = group;
  const host = URL.parse(first!.url)?.hostname ?? first!.url;
  const ids = new Set<string>();
  const target = {
    id: idOf(group.length === 1 ? first!.name : host, taken),
    ...group.length === 1 && { name: first!.name },
    url: first!.url,
    ...first!.labels && Object.keys(first!.labels).length > 0 && { labels: first!.labels },
    checks: group.map(({ name, check }) => ({
      id: idOf(group.length === 1 ? "default" : name, ids),
      ...check,
    })),
  };
  return { target, group };
}
