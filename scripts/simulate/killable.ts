/** Lets a simulated process die: every call that it makes to the outside goes through `guard`. */

/** The life of one process. */
export interface Killable {
  isAlive(): boolean;
  /** Makes a call to the outside. Never settles if the process dies before or during it. */
  guard<T>(effect: () => Promise<T>): Promise<T>;
  /** Guards all methods of an object, which must return promises. */
  guardAll<T extends object>(target: T): T;
  /** From now on, no call has an effect or settles. */
  kill(): void;
  /** Makes `call` more calls and dies in the next, before or after its effect. */
  dieAt(call: number, isAfter: boolean): void;
}

const never = new Promise<never>(() => {});

/** A live process; `onDeath` is called when it dies. */
export function killable(onDeath: () => void): Killable {
  let alive = true;
  let left = Infinity;
  let diesAfter = false;
  const kill = () => {
    alive = false;
    onDeath();
  };
  const guard = async <T>(effect: () => Promise<T>): Promise<T> => {
    if (!alive) return await never;
    const isLast = left-- <= 0;
    if (isLast && !diesAfter) kill();
    if (!alive) return await never;
    const done = await effect().then((value) => ({ value }), (error) => ({ error }));
    if (isLast) kill();
    if (!alive) return await never;
    if ("error" in done) throw done.error;
    return done.value;
  };
  return {
    isAlive: () => alive,
    guard,
    guardAll: (target) =>
      new Proxy(target, {
        get(_, name) {
          const method = target[name as keyof typeof target];
          if (typeof method !== "function") return method;
          return (...args: unknown[]) => guard(() => method.apply(target, args));
        },
      }),
    kill,
    dieAt(call, isAfter) {
      left = call;
      diesAfter = isAfter;
    },
  };
}
