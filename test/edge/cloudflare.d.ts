/** What the tests use of `cloudflare:test`, which exists in workerd only. */
import type { ObjectState } from "cloudflare:workers";

/** A Durable Object as it stands in workerd. */
export interface Instance {
  fetch(request: Request): Response | Promise<Response>;
}

/** The handle of an object. */
export interface Stub {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

export declare const env: {
  LEDGER: { getByName(name: string): Stub };
  PROBER: { getByName(name: string): Stub };
  ASSAY_TOKEN: string;
  SHOP_URL: string;
  ONCALL_SECRET: string;
};
export declare const SELF: Stub;

/** Runs `work` in the object. */
export declare function runInDurableObject<T>(
  stub: Stub,
  work: (instance: Instance, state: ObjectState) => T | Promise<T>,
): Promise<T>;
/** Runs its alarm now; false: there is none. */
export declare function runDurableObjectAlarm(stub: Stub): Promise<boolean>;
/** Lets what is in flight end, then takes the object out of memory. */
export declare function evictDurableObject(stub: Stub): Promise<void>;
/** Deletes all stored data. */
export declare function reset(): Promise<void>;
