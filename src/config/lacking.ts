import type { Note, Path } from "./problem.ts";

/** Reports a feature that this bundle lacks, because it was built for a config without it. */
export function noteLacking(what: string, path: Path, note: Note): void {
  note({ path, message: `this deployment was made without ${what}: deploy again` });
}
