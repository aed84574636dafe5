import type { Store } from "./store.ts";

/** A store that knows how often something was told through it. */
export interface Watched {
  store: Store;
  /** Rises with each memo that was kept or forgotten. */
  told(): number;
}

/** Watches what is told through this process, so that it is seen at once. */
export function watched(store: Store): Watched {
  let count = 0;
  const counting = new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (name !== "tell" && name !== "unsay") return method.bind(target);
      return (...given: unknown[]) => method.apply(target, given).finally(() => count++);
    },
  });
  return { store: counting, told: () => count };
}
