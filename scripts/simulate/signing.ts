/**
 * Serializes signing. The runtime signs on other threads, so signatures are the only work in real time. One
 * is made at a time, and virtual time stands still meanwhile, so that a seed always gives the same run.
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

  /**
   * Claims notices once no other is being signed. The first counts as signed when it is sent or its attempt
   * is recorded.
   */
  claim<T extends { id: string }>(owner: string, work: () => Promise<T[]>): Promise<T[]> {
    const claimed = this.#last.then(work);
    const done = claimed.then(([first]) => first && this.#await(owner, first.id), () => {});
    // A process that dies during its call never settles `done`.
    this.#last = Promise.race([done, this.#left(owner)]);
    return claimed;
  }

  /** Ends the signing of a notice, or of the group message it leads, whether or not it was signed. */
  end(id: string): void {
    if (this.#id === id.split("_and_")[0]) this.#release();
  }

  /** Releases the gate after the death of a process. */
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
