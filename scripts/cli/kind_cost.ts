/** The bundle size of each step kind, from esbuild's metafile. */

/** The parts of esbuild's metafile that are used. Paths are source paths. */
export interface Metafile {
  inputs: Record<string, { imports: { path: string }[] }>;
  outputs: Record<string, { entryPoint?: string; inputs: Record<string, { bytesInOutput: number }> }>;
}

/** Minified bytes that the bundle would lose without these modules. `paths` are the ends of their paths. */
export function ownBytes({ inputs, outputs }: Metafile, paths: readonly string[]): number {
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const kept = new Set<string>();
  const left = entries.filter((path) => inputs[path]);
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (kept.has(path) || paths.some((end) => path!.endsWith(end))) continue;
    kept.add(path);
    left.push(...inputs[path]?.imports.map(({ path }) => path) ?? []);
  }
  const sizes = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return sizes.reduce((sum, [path, { bytesInOutput }]) => kept.has(path) ? sum : sum + bytesInOutput, 0);
}

/**
 * "step kinds: http 31.0 kB, dns 17.2 kB (minified)". `kinds` maps each kind to the ends of its modules'
 * paths.
 */
export function formatKindCosts(metafile: Metafile, kinds: ReadonlyMap<string, readonly string[]>): string {
  const costs = [...kinds].map(([kind, paths]) =>
    `${kind} ${(ownBytes(metafile, paths) / 1_000).toFixed(1)} kB`
  );
  return `step kinds: ${costs.join(", ")} (minified, what only that kind needs)`;
}
