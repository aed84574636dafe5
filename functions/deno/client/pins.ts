import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Cache } from "../../../src/base/cache.ts";

const PIN_MS = 30_000;
const MAX_PINS = 256;

/** Resolves a host name to all its addresses, best first. */
export type Resolve = (host: string) => Promise<string[]>;

/** The addresses that a host name is pinned to, best first. */
export interface Pin {
  addresses: string[];
  /** Moves an address that connected to the front, so that the next connection need not race. */
  prefer(address: string): void;
}

/**
 * Gets the pin of a host name or address. A lookup rejects with the signal's reason as soon as that aborts.
 */
export type Pinning = (host: string, signal: AbortSignal) => Pin | Promise<Pin>;

/** The system's resolver, `/etc/hosts` included. */
export const systemResolve: Resolve = async (host) =>
  (await lookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);

/**
 * Pins a host name to its DNS answer for 30 s, so that a changing answer (DNS rebinding) has no effect. An
 * address needs no lookup. A failed lookup is not cached.
 */
export function pinning({ resolve, now }: { resolve: Resolve; now: () => number }): Pinning {
  const options = { max: MAX_PINS, ttlMs: PIN_MS, clock: { elapsed: now } };
  const pins = new Cache<string, Pin>(options);
  const lookUps = new Cache<string, Promise<Pin>>(options);
  return (host, signal) => {
    const pin = pins.get(host);
    if (pin) return pin;
    if (isIP(host)) return pins.set(host, pinOf([host]));
    const lookUp = lookUps.load(host, async () => {
      const pin = await lookUpHost(host, resolve);
      lookUps.delete(host);
      return pins.set(host, pin);
    });
    return rejectOnAbort(lookUp, signal);
  };
}

async function lookUpHost(host: string, resolve: Resolve): Promise<Pin> {
  const addresses = await resolve(host);
  if (addresses.length === 0) throw new Error(`${host} has no address`);
  return pinOf(addresses);
}

function pinOf(addresses: string[]): Pin {
  return {
    addresses,
    prefer(address) {
      if (this.addresses[0] === address) return;
      this.addresses = [address, ...this.addresses.filter((other) => other !== address)];
    },
  };
}

/** Settles as `work` does, but rejects at once when `signal` aborts: a DNS lookup cannot be cancelled. */
function rejectOnAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
