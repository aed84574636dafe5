/**
 * Empties the outbox.
 *
 *     wake what a sink that fails must try -> drop what is of no use -> claim -> attempt (attempt.ts) -> receipt -> claim again
 *
 * A notice whose receipt is lost stays hidden until its claim runs out, then goes again with the same id and body.
 */
import type { Config } from "../../config/config.ts";
import { pause, type Ports } from "../../base/ports.ts";
import type { Delivery } from "../../storage/store.ts";
import { attempt, type DeliveryContext, type DeliveryStore, putOff } from "./attempt.ts";
import { silenceSource } from "../../storage/records/maintenance.ts";
import type { linkAdder } from "./acknowledge_link.ts";
import type { GroupingModule } from "./grouping.ts";
import type { applyQuietHours } from "./quiet.ts";
import type { Timely } from "./timely.ts";
import { silenceReader } from "./silencing.ts";
import { Lanes } from "./lanes.ts";
import { Pace } from "./pace.ts";
import { Progress } from "./progress.ts";
import { dropUnneeded } from "./replace.ts";
import { findSink, type Sink } from "./sink.ts";
import { SinkHealth } from "./sink_health.ts";
import { MINUTE_MS, SECOND_MS } from "../../base/time.ts";

/** The sinks of a deliverer and its bounds; times in ms. */
export interface DelivererOptions {
  /** Every kind that the config names. */
  sinks: readonly Sink[];
  /** For a config whose routes escalate or remind. */
  timely?: Timely;
  /** For a config whose routes have quiet hours. */
  applyQuietHours?: typeof applyQuietHours;
  /** For a config whose incidents are grouped. */
  grouping?: GroupingModule;
  /** For a config with a public URL: links to acknowledge by. */
  linkAdder?: typeof linkAdder;
  /** At once, over all webhooks; the runtime may bound its connections. */
  parallel?: number;
  /** For one attempt, the answer's body included. */
  deadlineMs?: number;
  /** How long a claim hides a notice; longer than `deadlineMs`. */
  leaseMs?: number;
}

/** Bounds of one call. */
export interface CallOptions {
  /** Notices that one call takes up; the runtime may bound its requests. */
  most?: number;
  /** Once aborted nothing more is claimed; attempts under way end by themselves. */
  signal?: AbortSignal;
}

/** Bounds of a deliverer and of its only call. */
export type DeliverOptions = DelivererOptions & CallOptions;

/**
 * Sends every notice that is due until none is, and answers how many attempts it made. Rejects only with the store. Called beside a
 * call that is under way, it takes up what has come for lanes that are free.
 */
export interface Deliverer {
  (bounds?: CallOptions): Promise<number>;
  /** Why notices do not move; undefined: they do, or there are none. */
  fault(): string | undefined;
}

/** So long a lane waits for its receiver's pace; what would wait longer is put off. */
const PATIENCE_MS = 3 * SECOND_MS;

/** The only call of a deliverer. */
export function deliver(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  options: DeliverOptions,
): Promise<number> {
  return deliverer(ports, store, config, options)(options);
}

/** A deliverer over one store. Its calls share the lanes of each webhook, so that one that hangs holds up no other, whenever a notice comes. */
export function deliverer(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  {
    sinks,
    timely,
    applyQuietHours,
    grouping,
    linkAdder,
    parallel = Infinity,
    deadlineMs = 15_000,
    leaseMs = MINUTE_MS,
  }: DelivererOptions,
): Deliverer {
  const progress = new Progress(ports.clock);
  // What goes in one message must not be claimed one by one.
  const isSerial = (id: string) =>
    grouping !== undefined && kindOf.has(id) && grouping.mayGroup(kindOf.get(id)!, config.routes);
  const begin = () => new Lanes(parallel, isSerial);
  let lanes = begin();
  const readSilences = silenceSource(config, store);
  const addLink = linkAdder?.(ports, store, config.publicUrl) ?? ((event) => Promise.resolve(event));
  const health = new SinkHealth({ ports, store, config, sinks, leaseMs });
  const underWay = new Set<string>();
  const kindOf = new Map(config.webhooks.map(({ id, kind }) => [id, findSink(sinks, kind)]));
  const known = new Set(config.webhooks.map(({ id }) => id));
  let looking: Promise<unknown> = Promise.resolve();

  /** A notice of any webhook: only if no other call is under way, for its lanes must be free. Calls that come meanwhile wait. */
  const look = async ({ claim }: Call) =>
    progress.calls === 1 ? await (looking = claim()) : void await looking.catch(() => {});

  /** Before anything is claimed. */
  const prepare = async () => {
    await health.prepare();
    const stale = await Promise.all(
      [...kindOf].map(async ([id, { keepsState, repeatMs }]) =>
        keepsState && (repeatMs !== undefined || await health.isTroubled(id)) ? [id] : []
      ),
    );
    const webhooks = new Set(stale.flat());
    if (webhooks.size > 0) await dropUnneeded({ ports, store, grouping }, webhooks, (id) => underWay.has(id));
  };

  const send = async (call: Call): Promise<number> => {
    // Mostly one look says that nothing is due.
    const isAlone = progress.calls === 1;
    if (isAlone) await prepare();
    const first = await look(call);
    if (isAlone && !first) return 0;
    const start = (delivery: Delivery) =>
      lanes.lane(delivery.webhook, () => drain(lanes, call, delivery.webhook, delivery));
    const begun = first ? [start(first)] : [];
    const free = [...known].flatMap((id) => lanes.free(id, () => drain(lanes, call, id)));
    const settled = await Promise.allSettled([...begun, ...free]);
    for (const lane of settled) if (lane.status === "rejected") throw lane.reason;
    // What is left is for webhooks that are not in the config any more.
    for (let left = await look(call); left; left = known.has(left.webhook) ? undefined : await look(call)) {
      await start(left);
    }
    return call.made;
  };

  /** What a stuck call holds runs out with its claims; the next one waits for none of it. */
  const letGo = () => {
    lanes = begin();
    looking = Promise.resolve();
    underWay.clear();
  };
  const call = (bounds: CallOptions = {}) => {
    const silences = silenceReader(ports, readSilences);
    const post = {
      ports,
      store,
      config,
      sinks,
      deadlineMs,
      leaseMs,
      silences,
      health,
      addLink,
      timely,
      applyQuietHours,
      grouping,
      underWay,
    };
    const move = () => progress.move();
    return progress.watch(() => send({ post, ...claimer(post, bounds), move, made: 0 }), letGo);
  };
  return Object.assign(call, { fault: () => progress.fault });
}

interface Call {
  post: DeliveryContext;
  /** The next notice that is due, of one webhook or of any; undefined: there is none, or the call may take no more. */
  claim(webhook?: string): Promise<Delivery | undefined>;
  /** Notices that it may take beside; `take` says how many went. */
  room(): number;
  take(notices: number): void;
  /** Notes that a notice has come a step further, or that none was due. */
  move(): void;
  /** Attempts so far. */
  made: number;
}

function claimer(
  { ports: { clock }, store, leaseMs }: DeliveryContext,
  { most = Infinity, signal }: CallOptions,
): Pick<Call, "claim" | "room" | "take"> {
  let left = most;
  return {
    async claim(webhook) {
      if (signal?.aborted || left < 1) return undefined;
      left--;
      const [claimed] = await store.claimDeliveries({ nowMs: clock.now(), leaseMs, limit: 1, webhook });
      if (!claimed) left++;
      return claimed;
    },
    room: () => left,
    take: (notices) => void (left -= notices),
  };
}

/** Sends what is due for one webhook, one after the other, as often as its receiver takes it. */
async function drain(lanes: Lanes, call: Call, webhook: string, first?: Delivery): Promise<void> {
  const { clock } = call.post.ports;
  const pace = await call.post.health.paceOf(webhook) ?? new Pace();
  // Claimed only when its turn has come: a claim must not run out in the queue.
  const step = (begin?: Delivery) =>
    lanes.turn(webhook, async (): Promise<Step> => {
      const next = begin ?? await call.claim(webhook);
      call.move();
      if (!next) return "done";
      const waitMs = pace.waitMs(clock.elapsed());
      if (waitMs > PATIENCE_MS) {
        await putOff(call.post, next, pace.putOff(clock.elapsed()));
        return "again";
      }
      // Its place is its own from here, so that no other lane is always the faster one.
      pace.take(clock.elapsed());
      if (waitMs > 0) return { next, waitMs };
      return await go(next);
    });
  const go = async (next: Delivery): Promise<Step> => {
    const came = await attempt(call.post, next, call.room());
    call.move();
    if (!came) pace.refund();
    else {
      call.made++;
      call.take(came.notices - 1);
      lanes.noteAnswer(webhook, came.answer.kind !== "unanswered");
    }
    return "again";
  };
  for (let came = await step(first); came !== "done";) {
    if (came === "again") {
      came = await step();
      continue;
    }
    // Not in its turn, which is for those that may go.
    const { next, waitMs } = came;
    await pause(clock, waitMs);
    came = await lanes.turn(webhook, () => go(next));
  }
}

/** What came of one look at a webhook's queue; a notice that must wait for its receiver's pace is claimed already. */
type Step = "done" | "again" | { next: Delivery; waitMs: number };
