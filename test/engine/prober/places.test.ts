import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Places, type Rank, RANKS } from "../../../src/engine/prober/places.ts";

/** Places, and who holds one by now. */
function crowd(total: number, perHost: number) {
  const places = new Places({ total, perHost });
  const leaves = new Map<string, () => void>();
  const waiters = new Map<string, Parameters<Places["enter"]>[0]>();
  return {
    places,
    /** `a1` waits for host a; a rank may follow: `a1:slow`. */
    enter(...names: string[]) {
      for (const name of names) {
        const [id = "", rank = "usual"] = name.split(":");
        const waiter = {
          host: id[0]!,
          rank: RANKS[rank as keyof typeof RANKS],
          begin: (leave: () => void) => void leaves.set(id, leave),
        };
        waiters.set(id, waiter);
        places.enter(waiter);
      }
    },
    leave: (id: string) => {
      leaves.get(id)!();
      leaves.delete(id);
    },
    withdraw: (id: string) => places.withdraw(waiters.get(id)!),
    inside: () => [...leaves.keys()],
  };
}

describe("places", () => {
  test("are taken in order while there are any, and handed on", () => {
    const { enter, leave, inside } = crowd(2, 2);
    enter("a1", "b1", "c1", "d1");
    expect(inside()).toEqual(["a1", "b1"]);
    leave("b1");
    expect(inside()).toEqual(["a1", "c1"]);
  });

  test("of a host that are all taken hold up nobody else", () => {
    const { enter, leave, inside } = crowd(4, 2);
    enter("a1", "a2", "a3", "a4", "b1");
    expect(inside()).toEqual(["a1", "a2", "b1"]);
    leave("a1");
    expect(inside()).toEqual(["a2", "b1", "a3"]);
  });

  test("go from host to host", () => {
    const { enter, leave, inside } = crowd(1, 1);
    enter("x1", "a1", "a2", "b1", "b2");
    for (const next of ["a1", "b1", "a2", "b2"]) {
      leave(inside()[0]!);
      expect(inside()).toEqual([next]);
    }
  });

  test("go to short periods first, and to slow ones last and never to the last of them", () => {
    const { enter, leave, inside } = crowd(16, 16);
    const slow = Array.from({ length: 15 }, (_, i) => `s${i}`);
    enter(...slow.map((id) => `${id}:slow`), "t1:slow");
    expect(inside()).toEqual(slow);
    enter("a1", "b1", "c1:short");
    expect(inside()).toEqual([...slow, "a1"]);
    leave("a1");
    expect(inside()).toEqual([...slow, "c1"]);
    leave("c1");
    leave("b1");
    expect(inside()).toEqual(slow);
    leave("s0");
    expect(inside()).toEqual([...slow.slice(1), "t1"]);
  });

  test("are given back once, however often that is said", () => {
    const { places } = crowd(1, 1);
    const leave = places.tryEnter("a")!;
    leave();
    leave();
    expect(places.tryEnter("a")).toBeDefined();
    expect(places.tryEnter("b")).toBeUndefined();
  });

  test("are not for those who have withdrawn", () => {
    const { enter, leave, withdraw, inside } = crowd(1, 1);
    enter("a1", "b1", "c1");
    expect(withdraw("b1")).toBe(true);
    expect(withdraw("a1")).toBe(false);
    leave("a1");
    expect(inside()).toEqual(["c1"]);
  });

  test("are never more than there are, and none stays empty while somebody could take it", () => {
    const step = fc.record({
      host: fc.constantFrom("a", "b", "c"),
      rank: fc.constantFrom<Rank>(...Object.values(RANKS)),
      leaves: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (steps, perHost) => {
        const [total, mostSlow] = [17, 16];
        const places = new Places({ total, perHost });
        const inside: { host: string; rank: Rank; leave: () => void }[] = [];
        const waiting = new Set<{ host: string; rank: Rank }>();
        for (const { host, rank, leaves } of steps) {
          const one = { host, rank };
          waiting.add(one);
          places.enter({
            ...one,
            begin(leave) {
              waiting.delete(one);
              inside.push({ ...one, leave });
            },
          });
          if (leaves < inside.length) inside.splice(leaves, 1)[0]!.leave();
          const count = (test: (one: { host: string; rank: Rank }) => boolean) => inside.filter(test).length;
          const ofHost = (host: string) => count((other) => other.host === host);
          const slow = count((other) => other.rank === RANKS.slow);
          expect(inside.length).toBeLessThanOrEqual(total);
          expect(slow).toBeLessThanOrEqual(mostSlow);
          for (const host of "abc") expect(ofHost(host)).toBeLessThanOrEqual(perHost);
          const couldBegin = [...waiting].filter(({ host, rank }) =>
            inside.length < total && ofHost(host) < perHost && (rank !== RANKS.slow || slow < mostSlow)
          );
          expect(couldBegin).toEqual([]);
        }
      }),
    );
  });
});
