/** All that is answered without a token, by name. What is not named here is not said. */

/** The names of fields, at any depth, by answer. */
const PUBLIC_FIELDS = {
  status: ["at", "status", "targets", "id", "name", "evidenceAgeMs"],
} as const satisfies Record<string, readonly string[]>;

/** An answer that the public may have. */
export type PublicAnswer = keyof typeof PUBLIC_FIELDS;

/** Only the named fields of a JSON value. */
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
