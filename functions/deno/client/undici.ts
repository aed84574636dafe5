/**
 * undici with a light `assert`. Its parser asserts about thirty times a request, and Deno's `node:assert`
 * copies the arguments of each call: 13 kB a request.
 */
import assert, { AssertionError } from "node:assert";
import module from "node:module";

function lightAssert(value: unknown, message?: string | Error): void {
  if (value) return;
  throw message instanceof Error ? message : new AssertionError({ message, actual: value, expected: true });
}
Object.assign(lightAssert, assert);

/** `require` calls it, though no document says so. A runtime that does not call it uses its own `assert`. */
const loader = module as unknown as { _load: (request: string, ...rest: unknown[]) => unknown };
const load = loader._load;

loader._load = (request, ...rest) => request === "node:assert" ? lightAssert : load(request, ...rest);
export const { Client } = await import("undici");
loader._load = load;
