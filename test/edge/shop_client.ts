/** A room of the loopback shop, as a test of either runtime sees it. Rooms share nothing, so tests may run side by side. */

/**
 * What a stall of the shop does. `is shy`: it serves, and says that it is not ready. `starts`: it says so, and does not
 * serve yet. `hangs`: it never answers. `waits`: it answers by its next mood, once it has one. `lies to the second walk`: it refuses
 * the first walk of each round, and lies to the second.
 */
export type Behaviour =
  | "serves"
  | "lies"
  | "lies to the second walk"
  | "is shy"
  | "starts"
  | "refuses"
  | "hangs"
  | "waits";

/** Moods by prober, by stall, or for `all`; the first of these that is named counts. */
export type Behaviours = { all: Behaviour } & Record<string, Behaviour>;

/** A request that Assay sent to a stall. */
export interface ShopRequest {
  prober: string;
  stall: string;
  method: string;
  path: string;
  /** `x-assay-run`. */
  run: string;
}

/** A webhook as it was received, and what it was answered (0: the connection was closed). */
export interface WebhookPost {
  headers: Record<string, string>;
  body: string;
  status: number;
}

/** All that a room has seen, oldest first. */
export interface ShopLog {
  hits: ShopRequest[];
  posts: WebhookPost[];
}

/** What a room is told. `hooks`: answers to the next webhooks, one each, then 204; -1 is no answer at all. */
export interface ShopSettings {
  moods?: Behaviours;
  hooks?: number[];
}

/** The test's side of the room `name` of the shop at the URL `shop`. */
export function shopClient(shop: string, name: string) {
  const url = `${shop}/${name}`;
  const configure = async (orders: ShopSettings) => {
    const answer = await fetch(url, { method: "PUT", body: JSON.stringify(orders) });
    await answer.text();
  };
  const seen = async (): Promise<ShopLog> => await (await fetch(url)).json();
  return {
    hook: `${url}/hook`,
    stall: (stall = "shop") => `${url}/${stall}`,
    be: (moods: Behaviours) => configure({ moods }),
    answerHooks: (...hooks: number[]) => configure({ hooks }),
    seen,
    /** Asks until `holds`; each question is a round trip, and the test's timeout bounds them. */
    async until(holds: (seen: ShopLog) => boolean): Promise<ShopLog> {
      for (;;) {
        const now = await seen();
        if (holds(now)) return now;
      }
    },
  };
}

/** The test's side of a room. */
export type ShopClient = ReturnType<typeof shopClient>;
