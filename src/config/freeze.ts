/** Freezes plain maps and lists all the way down. What was compiled (it has a `source`) is only frozen itself. */
export function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if ("source" in value) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
