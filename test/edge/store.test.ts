import { env, runInDurableObject } from "cloudflare:test";
import { describe } from "vitest";
import { objectDriver } from "../../functions/cloudflare/sqlite.ts";
import { sqliteStore } from "../../src/storage/sqlite/store.ts";
import type { Store } from "../../src/storage/store.ts";
import { contract } from "../storage/contract.ts";

let opened = 0;

/** The store of a new object. Its SQL can only be used from inside, so each call goes there and opens it anew. */
function open(): Store {
  const stub = env.LEDGER.getByName(`store-${opened++}`);
  return new Proxy({} as Store, {
    get(_, method: keyof Store | "then") {
      if (method === "then") return undefined;
      return (...args: unknown[]) =>
        runInDurableObject(stub, (_, { storage }) => {
          const store = sqliteStore(objectDriver(storage));
          return Reflect.apply(store[method], store, args);
        });
    },
  });
}

describe("sqlite store over the SQL of a Durable Object", () => contract(open));
