const UNITS: Record<string, number> = { KiB: 1 << 10, MiB: 1 << 20 };

/** One whole number and one unit. */
export const SIZE = /^([1-9][0-9]{0,6})(KiB|MiB)$/;

/** 1048576 -> `1MiB`. `bytes` must be a multiple of 1 KiB. */
export function formatSize(bytes: number): string {
  const unit = bytes % UNITS.MiB! === 0 ? "MiB" : "KiB";
  return `${bytes / UNITS[unit]!}${unit}`;
}

/** `1MiB` -> 1048576. The text must match `SIZE`. */
export function parseSize(text: string): number {
  const [, digits, unit] = SIZE.exec(text) ?? [];
  return Number(digits) * (UNITS[unit ?? ""] ?? NaN);
}
