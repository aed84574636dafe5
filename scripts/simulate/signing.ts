/**
 * Signatures are the one thing that takes real time: the runtime makes them on other threads. One is made at a time, and virtual time stands
 * still meanwhile, so that a seed says the same twice.
 */
export class SigningGate {
  #signed: PromiseWithResolvers<void> | undefined;
  #id: string | undefined;
  #owner: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #leavers = new Map<string, PromiseWithResolvers<void>>();

  isBusy(): boolean {
    return this.#id !== undefined;
  }

  /** Claims a notice once no other is being signed. It counts as signed when it is sent, or a receipt of it is written. */
  claim<T extends { id: string }>(owner: string, work: () => Promise<T[]>): Promise<T[]> {
    const claimed = this.#last.then(work);
    const done = claimed.then(([first]) => first && this.#await(owner, first.id), () => {});
    // Of a process that died in its call there is no answer.
    this.#last = Promise.race([done, this.#left(owner)]);
    return claimed;
  }

  /** This notice, or the message of a group that it leads, is signed or never will be. */
  end(id: string): void {
    if (this.#id === id.split("_and_")[0]) this.#release();
  }

  /** This process has died. */
  leave(owner: string): void {
    if (this.#owner === owner) this.#release();
    this.#leavers.get(owner)?.resolve();
  }

  #left(owner: string): Promise<void> {
    const leaver = this.#leavers.get(owner) ?? Promise.withResolvers<void>();
    this.#leavers.set(owner, leaver);
    return leaver.promise;
  }

  #await(owner: string, id: string): Promise<void> {
    this.#id = id;
    this.#owner = owner;
    this.#signed = Promise.withResolvers();
    return this.#signed.promise;
  }

  #release(): void {
    this.#id = this.#owner = undefined;
    this.#signed?.resolve();
  }
}
