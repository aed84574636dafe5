/**
 * Looks up references: the variable `NAME`, or the file of `file:/path` without a trailing line break.
 * Undefined: it does not exist. Each file is read once.
 */
export function secretLookup(): (name: string) => string | undefined {
  const files = new Map<string, string | undefined>();
  return (name) => {
    if (!name.startsWith("file:")) return Deno.env.get(name);
    if (!files.has(name)) files.set(name, readFile(name.slice("file:".length)));
    return files.get(name);
  };
}

function readFile(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path).replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
