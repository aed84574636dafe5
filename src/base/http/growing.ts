const EMPTY = new Uint8Array(0);

/**
 * Collects copies of the first `capBytes` added. Copies, because a chunk of one byte may retain a runtime's
 * whole 64 KiB buffer.
 */
export function growing(capBytes: number) {
  let whole = EMPTY;
  let size = 0;
  return {
    size: () => size,
    bytes: () => whole.subarray(0, size),
    /** False: the chunk did not fit completely. */
    add(chunk: Uint8Array): boolean {
      const end = Math.min(size + chunk.byteLength, capBytes);
      if (end > whole.byteLength) {
        const wider = new Uint8Array(Math.min(capBytes, Math.max(end, 2 * whole.byteLength)));
        wider.set(whole.subarray(0, size));
        whole = wider;
      }
      const fits = chunk.subarray(0, end - size);
      whole.set(fits, size);
      size = end;
      return fits.byteLength === chunk.byteLength;
    },
  };
}
