/**
 * Changes the judgement in one place at a time and runs its tests: `deno run -A scripts/dev/mutate.ts [count] [file…]`; without a count all
 * mutants, without files those of every rule.
 * It works in a copy of the tree. Every mutant that no test notices is printed; each is a missing test, or code that changes nothing.
 */
import { relative } from "node:path";

const FOLDER = "src/judgement";
/** Types, words and what is only shown. */
const WITHOUT_RULES = new Set(["round.ts", "service_level.ts", "state.ts", "summary.ts", "words.ts"]);

/** Mutants that change nothing that can be seen, and why. */
const EQUIVALENT: [file: string, line: string, why: string][] = [
  [
    "arrival.ts",
    "a.at - b.at || a.slot - b.slot || (one.prober <= other.prober ? -1 : 1)",
    "no two arrivals of a judgement are of one prober and one walk",
  ],
  [
    "arrival.ts",
    "a.at - b.at || a.slot - b.slot || (one.prober < other.prober ? -1 : 2)",
    "only the sign counts",
  ],
  [
    "gate.ts",
    "for (let yes = 1; yes <= fresh; yes++) if (wins(rule, yes, fresh)) return yes;",
    "all of them is what is returned anyway",
  ],
  [
    "gate.ts",
    "return judged.find((it) => it.decision === decision) ?? judged[1];",
    "one of them always has the worst decision",
  ],
  [
    "quorum.ts",
    'const isCleared = vote === "none" && recent.length === 0 && !(agedBad || released);',
    "what is cleared again is the same",
  ],
  [
    "quorum.ts",
    "return yes >= Math.ceil(rule.fraction * fresh - 1e-10);",
    "no fraction of up to eight decimals lies between",
  ],
];

/** What is found, and what stands there instead. */
const CHANGES: [find: RegExp, replacement: string | ((found: string) => string)][] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/ \* /g, " / "],
  [/\bMath\.max\b/g, "Math.min"],
  [/\bMath\.min\b/g, "Math.max"],
  [/\.some\(/g, ".every("],
  [/\.every\(/g, ".some("],
  [/\btrue\b/g, "false"],
  [/(?<![\w.])\d[\d_]*\b/g, (found) => String(Number(found.replaceAll("_", "")) + 1)],
];

interface Mutant {
  path: string;
  line: number;
  text: string;
  whole: string;
}

/** Lines that say something at run time. */
const isCode = (line: string) =>
  !/^\s*(\/?\*|\/\/|import |export type |type |export interface |interface )/.test(line);

function mutantsOf(path: string): Mutant[] {
  const whole = Deno.readTextFileSync(path);
  const lines = whole.split("\n");
  return lines.flatMap((line, i) =>
    !isCode(line)
      ? []
      : CHANGES.flatMap(([find, replacement]) =>
        [...line.matchAll(find)].map(({ index, 0: found }): Mutant => {
          const other = typeof replacement === "string" ? replacement : replacement(found);
          const text = line.slice(0, index) + other + line.slice(index + found.length);
          return { path, line: i + 1, text, whole: lines.with(i, text).join("\n") };
        })
      )
  );
}

/** The tests that take a second; all of them are run only where these see nothing. */
const QUICK = [
  "rules",
  "assess_levels",
  "confirmation",
  "assess_contradiction",
  "incident",
  "quorum",
  "verdict",
  "own",
  "suspicion",
  "advisory",
  "certificate",
  "gate",
  "assess",
];

/** A copy of what the tests need. The modules are not copied. */
async function copyTree(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "mutants-" });
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `git ls-files -z | xargs -0 cp --parents -t "$0"`, copy],
  }).output();
  if (!success) throw new Error("Cannot copy the tree: run this at the root of the repository");
  await Deno.symlink(await Deno.realPath("node_modules"), `${copy}/node_modules`);
  return copy;
}

/** What the tests of these files say if one of them fails; null: none does. */
async function failure(root: string, config: string, files: string[]): Promise<string | null> {
  const command = new Deno.Command(Deno.execPath(), {
    cwd: root,
    args: ["run", "-A", "npm:vitest", "run", "--config", config, "--bail", "1", ...files],
    env: { HISTORIES: "150", SEED: "7" },
  });
  const { success, stdout } = await command.output();
  return success ? null : new TextDecoder().decode(stdout);
}

const findFailure = async (root: string) =>
  await failure(root, "vitest.unit.config.ts", QUICK.map((name) => `test/judgement/${name}.test.ts`)) ??
    await failure(root, "vitest.config.ts", ["--project", "deno", "test/judgement"]);

const knownWhy = ({ path, text }: Mutant) =>
  EQUIVALENT.find(([file, line]) => path.endsWith(file) && text.trim() === line)?.[2];

const root = await copyTree();
const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) =>
  !WITHOUT_RULES.has(name)
);
const [wanted, ...only] = Deno.args;
const all = files.filter((file) => only.length === 0 || only.includes(file)).toSorted().flatMap((file) =>
  mutantsOf(`${root}/${FOLDER}/${file}`)
);
const count = Math.min(all.length, Number(wanted ?? all.length));
const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
let [survivors, equivalent] = [0, 0];
try {
  const broken = await findFailure(root);
  if (broken !== null) throw new Error(`The tests fail without a mutant: nothing can be said\n${broken}`);
  for (const mutant of chosen) {
    const { path, line, text, whole } = mutant;
    const before = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, whole);
    const noticed = await findFailure(root).finally(() => Deno.writeTextFileSync(path, before));
    if (noticed !== null) continue;
    const why = knownWhy(mutant);
    if (why) equivalent++;
    else survivors++;
    console.log(
      `${relative(root, path)}:${line} ${text.trim()}${why ? `  (equivalent: ${why})` : ""}`,
    );
  }
} finally {
  await Deno.remove(root, { recursive: true });
}
console.log(`${count} of ${all.length} mutants, ${survivors} survived, ${equivalent} equivalent`);
