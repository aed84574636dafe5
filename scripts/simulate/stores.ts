/** The real store in memory, watched, and with replies that are lost. */
import { memoryStore } from "../../src/storage/memory.ts";
import type { Commit, Lease, Store } from "../../src/storage/store.ts";

/** What becomes of a write's reply. */
export type WriteFate = "kept" | "lost" | "refused";

/** What the store of a run is watched by. */
export interface StoreWatch {
  /** Before each write. */
  fateOf(): WriteFate;
  /** After a commit has had its effect. */
  onCommit(commit: Commit, lease: Lease): void;
}

/** A store with some methods of one's own. */
export const override = (store: Store, own: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const method = own[name as keyof Store] ?? target[name as keyof Store];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });

/** A memory store whose writes lose replies as the watch says. */
export function watchedStore({ fateOf, onCommit }: StoreWatch): Store {
  const store = memoryStore();
  const written = async <T>(write: () => Promise<T>): Promise<T> => {
    const fate = fateOf();
    if (fate === "refused") throw new Error("the store refused");
    const done = await write();
    if (fate === "lost") throw new Error("the reply of the store was lost");
    return done;
  };
  return override(store, {
    takeLease: (request) => written(() => store.takeLease(request)),
    commit: (lease, commit) =>
      written(async () => {
        const done = await store.commit(lease, commit);
        if (done) onCommit(commit, lease);
        return done;
      }),
    recordAttempt: (id, receipt, wakes) => written(() => store.recordAttempt(id, receipt, wakes)),
  });
}
