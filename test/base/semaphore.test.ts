import { expect, test } from "vitest";
import { semaphore } from "../../src/base/semaphore.ts";

/** Work that says when it began and ends when told. */
function works(count: number) {
  const begun: number[] = [];
  const gates = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const work = (i: number) => async () => {
    begun.push(i);
    await gates[i]!.promise;
    return `done ${i}`;
  };
  return {
    begun,
    work,
    end: (i: number) => gates[i]!.resolve(),
    fail: (i: number) => gates[i]!.reject(new Error(`${i}`)),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("semaphore runs as many as it has slots, first come first served", async () => {
  const { begun, work, end } = works(5);
  const gate = semaphore(2);
  const all = [0, 1, 2, 3, 4].map((i) => gate(work(i)));
  await turn();
  expect(begun).toEqual([0, 1]);
  end(1);
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  end(0);
  end(2);
  await turn();
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  end(3);
  end(4);
  expect(await Promise.all(all)).toEqual(["done 0", "done 1", "done 2", "done 3", "done 4"]);
});

test("semaphore gives the slot of failed work to the next, and the failure to its caller", async () => {
  const { begun, work, end, fail } = works(2);
  const gate = semaphore(1);
  const [first, second] = [gate(work(0)), gate(work(1))];
  fail(0);
  await expect(first).rejects.toThrow("0");
  await turn();
  expect(begun).toEqual([0, 1]);
  end(1);
  expect(await second).toBe("done 1");
});

test("semaphore takes work that throws at once for failed work", async () => {
  const gate = semaphore(1);
  const thrown = gate(() => {
    throw new Error("no promise");
  });
  await expect(thrown).rejects.toThrow("no promise");
  expect(await gate(() => Promise.resolve("next"))).toBe("next");
});

test("semaphore never runs more than its slots, also when work comes while a slot changes hands", async () => {
  const gate = semaphore(2);
  let open = 0, most = 0;
  const step = async () => {
    most = Math.max(most, ++open);
    await turn();
    open--;
  };
  await Promise.all(Array.from({ length: 20 }, () => gate(step).then(() => gate(step))));
  expect(most).toBe(2);
});
