import type { Store } from "./store.ts";

/** A store that counts writes of records through it. */
export interface CountedStore {
  store: Store;
  /** How many writes and deletions of records have ended. */
  writes(): number;
}

/** Counts this process's writes of records, so that caches can be invalidated at once. */
export function countWrites(store: Store): CountedStore {
  let count = 0;
  const counting = new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (name !== "putRecord" && name !== "deleteRecord") return method.bind(target);
      return (...given: unknown[]) => method.apply(target, given).finally(() => count++);
    },
  });
  return { store: counting, writes: () => count };
}
