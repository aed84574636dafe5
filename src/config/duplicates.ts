import { type Note, type Path, pathText } from "./problem.ts";

/** Returns a function that reports each id of this `kind` that was used before. */
export function unique(kind: string, note: Note): (id: string | undefined, path: Path) => void {
  const first = new Map<string, Path>();
  return (id, path) => {
    if (id === undefined) return;
    const before = first.get(id);
    if (!before) return void first.set(id, path);
    const message = `this ${kind} id is taken by ${pathText(before)}`;
    note({ path, message, expected: "another id", found: id });
  };
}
