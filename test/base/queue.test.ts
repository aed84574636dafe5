import fc from "fast-check";
import { expect, test } from "vitest";
import { Queue } from "../../src/base/queue.ts";

test("serves in order of arrival, without those who left, however often they come back", () => {
  const member = fc.integer({ min: 0, max: 5 });
  const act = fc.oneof(
    fc.record({ do: fc.constant("add" as const), member }),
    fc.record({ do: fc.constant("delete" as const), member }),
    fc.record({ do: fc.constant("take" as const), member }),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
    const queue = new Queue<number>();
    let naive: number[] = [];
    for (const { do: what, member } of acts) {
      if (what === "add") {
        queue.add(member);
        if (!naive.includes(member)) naive.push(member);
      } else if (what === "delete") {
        expect(queue.delete(member)).toBe(naive.includes(member));
        naive = naive.filter((other) => other !== member);
      } else if (naive.length > 0) expect(queue.take()).toBe(naive.shift());
      expect(queue.size).toBe(naive.length);
    }
  }));
});
