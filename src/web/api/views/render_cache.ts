import type { Config } from "../../../config/config.ts";
import type { States } from "../../../storage/codec.ts";
import type { Clock } from "../../../base/ports.ts";
import { sha256 } from "../middleware/credentials.ts";
import { holdsUntil } from "./status.ts";
import { Cache } from "../../../base/cache.ts";
// @ts-types="../../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

/** An answer as it is sent. */
export interface RenderedBody {
  body: Uint8Array<ArrayBuffer>;
  /** Weak: the same while only ages differ. */
  etag: string;
}

/** Readers with other rights whose answers are kept at once; 1,000 checks of 7 probers are megabytes. */
const MAX_READERS = 8;

/**
 * Renders what `make` answers once for each reading of the states and each reader, however many ask. States are read again after a second, so no
 * age is older; and no word outlives its evidence.
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

/** When it was made, and how old evidence was then: both change with the clock alone. Words that age changes stay in the tag. */
const AGE_FIELDS = /^\{"at":"[^"]*"|"(?:evidenceAgeMs|ageMs)":\d+/g;

async function render(value: object): Promise<RenderedBody> {
  const text = JSON.stringify(value);
  const digest = await sha256(text.replace(AGE_FIELDS, ""));
  const hex = encodeHex(new Uint8Array(digest.buffer as ArrayBuffer));
  return { body: new TextEncoder().encode(text), etag: `W/"${hex.slice(0, 32)}"` };
}
