import type { Config } from "../../../config/config.ts";
import type { States } from "../../../storage/codec.ts";
import type { Clock } from "../../../base/ports.ts";
import { sha256 } from "../middleware/credentials.ts";
import { holdsUntil } from "./status.ts";
import { Cache } from "../../../base/cache.ts";
// @ts-types="../../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** A rendered response. */
export interface RenderedBody {
  body: Uint8Array<ArrayBuffer>;
  /** Weak: it does not change while only ages change. */
  etag: string;
}

/**
 * Maximum number of cached responses, one per set of rights. With 1,000 checks and 7 probers each has
 * megabytes.
 */
const MAX_READERS = 8;

/**
 * Renders the value of `make` once per reader for each reading of the states. States are read again after a
 * second, which bounds the error of the ages, and a rendering ends when the first outcome becomes stale.
 */
export function renderer({ checks }: Config, { now }: Pick<Clock, "now">): (
  states: States,
  reader: unknown,
  make: () => Promise<object>,
) => Promise<RenderedBody> {
  let last: { states: States; until: number; answers: Cache<unknown, Promise<RenderedBody>> } | undefined;
  return (states, reader, make) => {
    const nowMs = now();
    if (last?.states !== states || nowMs > last.until) {
      last = { states, until: holdsUntil(checks, states, nowMs), answers: new Cache({ max: MAX_READERS }) };
    }
    return last.answers.load(reader, () => make().then(render));
  };
}

/**
 * Fields that change with the clock alone. They are left out of the ETag; outcomes that change with age stay
 * in.
 */
const AGE_FIELDS = /^\{"at":"[^"]*"|"(?:evidenceAgeMs|ageMs)":\d+/g;

async function render(value: object): Promise<RenderedBody> {
  const text = JSON.stringify(value);
  const digest = await sha256(text.replace(AGE_FIELDS, ""));
  const hex = encodeHex(new Uint8Array(digest.buffer as ArrayBuffer));
  return { body: new TextEncoder().encode(text), etag: `W/"${hex.slice(0, 32)}"` };
}
