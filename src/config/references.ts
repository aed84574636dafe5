import { hasReference } from "../base/secrets.ts";
import type { ConfigStepKind, Kinds } from "./kinds.ts";
import type { Note, Path } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import { isOneOf, type SecretUse } from "./secret_values.ts";
import type { Draft } from "./validate.ts";
import { webhookSecrets } from "./webhooks.ts";

const REFERENCE = /\$\{(?:env|file):([^}]*)\}?/g;
const WHOLE = /^\$\{(?:env:([A-Z_][A-Z0-9_]*)(:-[^}]*)?|(file:\/[^}\s]+))\}$/;
const DEPTH = 100;

// Paths where references are replaced. Other texts are used as written.
const REPLACED = [
  /^api\/token$/,
  /^heartbeat\/url$/,
  /^hooks\/github\/(secret|app\/key)$/,
  /^regions\/\d+\/probers\/\d+\/(url|token)$/,
  /^targets\/\d+\/(checks\/\d+\/(report\/(\d+\/)?)?)?auth\/.+/,
  /^targets\/\d+\/(url|tls\/(ca|cert|key))$/,
  /^targets\/\d+\/checks\/\d+\/report\/(\d+\/)?(headers\/.+|push\/token|aws\/(accessKeyId|secretAccessKey|sessionToken))$/,
];

// Below a step, its kind defines the paths.
const STEP = /^targets\/\d+\/checks\/\d+\/(?:journey|cleanup)\/\d+\/(.+)$/;

/** Kinds that define where references are replaced. */
interface ReferenceKinds extends Pick<Kinds, "sinks"> {
  steps: readonly Pick<ConfigStepKind, "references">[];
}

/** The secrets of a config. Reports each reference that is malformed or misplaced. */
export function readReferences(
  config: Draft<RawConfig>,
  { sinks, steps }: ReferenceKinds,
  note: Note,
): SecretUse[] {
  const replaced = [...REPLACED, ...webhookSecrets(config.webhooks, sinks)];
  const isReplaced = (path: Path) => {
    const below = STEP.exec(path.join("/"))?.[1];
    if (below?.startsWith("auth/")) return true;
    return below === undefined
      ? isOneOf(replaced, path)
      : steps.some(({ references }) => references.test(below));
  };
  const uses = new Map<string, SecretUse>();
  walk(config, [], (text, path, at) => {
    for (const [whole, rest = ""] of text.matchAll(REFERENCE)) {
      const [, variable, fallback, file] = WHOLE.exec(whole) ?? [];
      const name = variable ?? file;
      // Text after a broken reference may be a secret, so show only its name.
      const found = name ? whole : `${whole.slice(0, whole.indexOf(":"))}:${/^\w*/.exec(rest)?.[0]}`;
      if (!name) {
        note({
          path,
          at,
          message: "not a reference",
          expected: "${env:NAME}: capitals, digits and underscores; or ${file:/path}",
          found,
        });
      } else if (at === "key" || !isReplaced(path)) {
        note({ path, at, message: "a reference is not replaced here", expected: "a plain value", found });
      } else {
        const use = uses.get(name) ?? { name, paths: [] };
        use.paths.push(path);
        if (fallback !== undefined) use.fallback = fallback.slice(2);
        uses.set(name, use);
      }
    }
  });
  return [...uses.values()];
}

/** Calls `visit` for each text or key that may contain a reference. */
function walk(
  value: unknown,
  path: Path,
  visit: (text: string, path: Path, at: "key" | "value") => void,
): void {
  if (typeof value === "string" && hasReference(value)) return visit(value, path, "value");
  if (typeof value !== "object" || value === null || path.length > DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    if (hasReference(key)) visit(key, below, "key");
    walk(inner, below, visit);
  }
}
