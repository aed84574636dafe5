import type { Store } from "./store.ts";

/** A store that knows how often a record was written through it. */
export interface CountedStore {
  store: Store;
  /** Rises with each record that was kept or forgotten. */
  writes(): number;
}

/** Counts the writes of this process, so that it is seen at once. */
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
