import type { Note, Path } from "./problem.ts";

/** Notes that this program was made for a config that did not name this. */
export function noteLacking(what: string, path: Path, note: Note): void {
  note({ path, message: `this deployment was made without ${what}: deploy again` });
}
