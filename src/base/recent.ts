/** The most recent values by key; the oldest are forgotten. */
export class Recent<T> {
  #values = new Map<string, T>();

  forget(key: string): void {
    this.#values.delete(key);
  }

  getOr(key: string, make: () => T, keep: number): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = make();
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= keep) break;
      this.#values.delete(oldest);
    }
    return value;
  }
}
