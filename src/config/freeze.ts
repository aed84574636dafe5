/** Freezes maps and lists recursively. Compiled values (with a `source`) are frozen only themselves. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if ("source" in value) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
