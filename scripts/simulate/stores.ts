/** The memory store, with an observer and injected write failures. */
import { memoryStore } from "../../src/storage/memory.ts";
import type { Commit, Lease, Store } from "../../src/storage/store.ts";

/** The fate of a write: `lost` fails after taking effect, `refused` fails without. */
export type WriteFate = "kept" | "lost" | "refused";

/** Decides the fate of writes, and observes commits. */
export interface StoreWatch {
  /** Called before each write. */
  fateOf(): WriteFate;
  /** Called after a commit has taken effect. */
  onCommit(commit: Commit, lease: Lease): void;
}

/** Replaces some methods of a store. */
export const override = (store: Store, own: Partial<Store>): Store =>
  new Proxy(store, {
    get(target, name) {
      const method = own[name as keyof Store] ?? target[name as keyof Store];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });

/** A memory store whose writes fail as `fateOf` decides. */
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
