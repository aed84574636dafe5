/** Allowlist of the response fields that are public. All other fields are removed. */

/** Public field names, at any depth, by response. */
const PUBLIC_FIELDS = {
  status: ["at", "status", "targets", "id", "name", "evidenceAgeMs"],
} as const satisfies Record<string, readonly string[]>;

/** A response with a public form. */
export type PublicAnswer = keyof typeof PUBLIC_FIELDS;

/** Keeps only the public fields of a JSON value. */
export function publicFields(answer: PublicAnswer, value: unknown): unknown {
  const names: readonly string[] = PUBLIC_FIELDS[answer];
  const pick = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(pick);
    if (typeof inner !== "object" || inner === null) return inner;
    const kept = Object.entries(inner).filter(([name]) => names.includes(name));
    return Object.fromEntries(kept.map(([name, part]) => [name, pick(part)]));
  };
  return pick(value);
}
