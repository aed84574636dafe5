/** The random key that sessions and links are signed with: one for all who share a store, and in no answer, page or log. */
import type { Clock } from "../../base/ports.ts";
import type { RecordStore } from "../store.ts";
import { memoize } from "../../base/cache.ts";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

const KEY_BYTES = 32;
/** A key that another process replaced is trusted for no longer than this. */
const KEPT_MS = 30_000;
/** Cookies that fit no known key cost one reading of the store in this time, however many they are. */
const AGAIN_MS = 1_000;
const NEVER = Number.MAX_SAFE_INTEGER;
const WRITTEN = /^"([0-9a-f]{64})"$/;

/** The signing key over one store. */
export interface SigningKey {
  /** As it was within the last 30 seconds; undefined: none exists before the first sign-in. */
  recent(): Promise<string | undefined>;
  /** As it was within the last second. */
  newest(): Promise<string | undefined>;
  /** As it is now; makes it if there is none. */
  ensure(): Promise<string>;
  /** Puts another one in its place. */
  replace(): Promise<void>;
}

/** The signing key in a store. */
export function signingKey(clock: Pick<Clock, "elapsed">, store: RecordStore): SigningKey {
  let version = 0;
  let readAt = -Infinity;
  const read = memoize(
    clock,
    async () => {
      readAt = clock.elapsed();
      const [memo] = await store.listRecords({ kind: "session", limit: 1 });
      return { order: memo?.order ?? 0, key: WRITTEN.exec(memo?.value ?? "")?.[1] };
    },
    () => version,
    KEPT_MS,
  );

  const present = () => {
    version++;
    return read();
  };
  /** Of two that follow the same key the first one stays, for both of those who made them. */
  const follow = async (order: number) => {
    const value = JSON.stringify(await generateHex());
    await store.putRecord({ kind: "session", key: "signing", order: order + 1, value, expiresAt: NEVER });
    return await present();
  };
  return {
    recent: async () => (await read()).key,
    async newest() {
      const found = clock.elapsed() - readAt < AGAIN_MS ? await read() : await present();
      return found.key;
    },
    async ensure() {
      const found = await present();
      const key = found.key ?? (await follow(found.order)).key;
      if (key === undefined) throw new Error("The store did not keep the key of the sessions");
      return key;
    },
    async replace() {
      await follow((await present()).order);
    },
  };
}

/** Made by WebCrypto, whose chance is its own. */
async function generateHex(): Promise<string> {
  const key = await crypto.subtle.generateKey(
    { name: "HMAC", hash: "SHA-256", length: 8 * KEY_BYTES },
    true,
    ["sign"],
  );
  return encodeHex(await crypto.subtle.exportKey("raw", key));
}
