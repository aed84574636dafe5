/** What a step kind costs a bundle, by esbuild's metafile. */

/** Of esbuild's metafile what is needed; paths are those of sources. */
export interface Metafile {
  inputs: Record<string, { imports: { path: string }[] }>;
  outputs: Record<string, { entryPoint?: string; inputs: Record<string, { bytesInOutput: number }> }>;
}

/** Minified bytes of all that the bundle would hold no more without these modules. `paths`: their ends. */
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

/** "step kinds: http 31.0 kB, dns 17.2 kB (minified)". `kinds`: for each the ends of its modules' paths. */
export function formatKindCosts(metafile: Metafile, kinds: ReadonlyMap<string, readonly string[]>): string {
  const costs = [...kinds].map(([kind, paths]) =>
    `${kind} ${(ownBytes(metafile, paths) / 1_000).toFixed(1)} kB`
  );
  return `step kinds: ${costs.join(", ")} (minified, what only they need)`;
}
