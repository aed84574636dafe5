import type { Store } from "../../src/storage/store.ts";

/** A store whose named methods reject with "disk full" for as long as they stand in `broken`. */
export function failingStore(store: Store): { store: Store; broken: Set<keyof Store> } {
  const broken = new Set<keyof Store>();
  const breakable = new Proxy(store, {
    get(target, name) {
      const key = name as keyof Store;
      if (broken.has(key)) return () => Promise.reject(new Error("disk full"));
      const method = target[key];
      return typeof method === "function" ? method.bind(target) : method;
    },
  });
  return { store: breakable, broken };
}
