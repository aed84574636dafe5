/**
 * Mutation testing of the judgement: `deno run -A scripts/dev/mutate.ts [--quick] [count] [file…]` changes
 * one place at a time in a copy of the tree, and runs the tests. Default: all mutants of all rules; a file
 * may name a line, as `incident.ts:12`. `--quick` skips the long searches. Prints every mutant that no test
 * detects: a missing test, or code without effect.
 */
import { basename, relative } from "node:path";
import { createVitest, type Reporter } from "vitest/node";

const FOLDER = "src/judgement";
/** Files without rules: types, words and summaries. */
const WITHOUT_RULES = new Set(["round.ts", "service_level.ts", "state.ts", "summary.ts", "words.ts"]);

/** Mutants without an observable effect, and why. */
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
    "arrival.ts",
    "if (false && freshAt === undefined) return prober;",
    "what was never fresh is not stale",
  ],
  [
    "arrival.ts",
    "return standing === prober.standing && false ? prober : { ...prober, standing };",
    "a copy of what is the same",
  ],
  [
    "assess.ts",
    "...(partial && !isOver && (isPartial || Object.values(partial.sums).some((sum) => sum > 1)) &&",
    "no sum is a thousandth",
  ],
  [
    "assess.ts",
    '...{ at, outcome, failing: false, readyAgain: true, blind: undefined, contradicted: "pending" },',
    "no family that reads it is judged there",
  ],
  [
    "convergence.ts",
    "const inOrder = held.toSorted((a, b) => a.at - b.at || (a.prober <= b.prober ? -1 : 1));",
    "a prober holds one value",
  ],
  [
    "convergence.ts",
    "const inOrder = held.toSorted((a, b) => a.at - b.at || (a.prober < b.prober ? -1 : 2));",
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
    "hanging.ts",
    'const isHanging = ({ timeouts = 1 }: Pick<ProberState, "timeouts">) => timeouts >= HANGING_SLOTS;',
    "one is not five either",
  ],
  [
    "hanging.ts",
    "runs < HANGING_SLOTS ? 1 : (HANGING_SLOTS + Math.floor((runs - HANGING_SLOTS) / 2)) / runs;",
    "five of five are all",
  ],
  [
    "own_causes.ts",
    "if (watch && (incident || watch.run >= 0 || watch.runBefore > 0)) watches[kind] = { ...watch, incident };",
    "a run is never 0 once something is known",
  ],
  [
    "own_probers.ts",
    ": { ...watch, askedAt: at - 2, broughtAt: Math.min(watch.broughtAt, at) };",
    "any instant before now will do",
  ],
  [
    "replay.ts",
    "let count = 1;",
    "ids are told apart by any numbers",
  ],
  [
    "replay.ts",
    'if (word === "missing") return { missed: reason && "unknown" };',
    "no incident tells why something is missing",
  ],
  [
    "threshold_replay.ts",
    "one.openedAt < (other.resolvedAt ?? Infinity) && other.openedAt <= (one.resolvedAt ?? Infinity);",
    "votes that a higher threshold turns are bad under a lower one: neither ends when the other opens",
  ],
  [
    "threshold_replay.ts",
    "one.openedAt <= (other.resolvedAt ?? Infinity) && other.openedAt < (one.resolvedAt ?? Infinity);",
    "the same",
  ],
  [
    "threshold_replay.ts",
    ': `${formatSpan(Math.abs(earlierMs))} ${earlierMs > 1 ? "earlier" : "later"}`;',
    "judgements are not a millisecond apart",
  ],
  [
    "turnout.ts",
    "period < MINUTE_MS ? 5 * period : Math.max(5 * MINUTE_MS, 2 * period);",
    "at a minute both are five minutes",
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

/** Each mutation: what to find, and what to replace it with. */
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
  [/\bfalse\b/g, "true"],
  [/ \?\? /g, " && "],
  [/(?<=[\s(,[])!(?=[\w(])/g, ""],
  [/\.\.\.\((?=.* && )/g, "...(false && "],
  [/\.at\(-1\)/g, ".at(0)"],
  [/\.findLast\(/g, ".find("],
  [/(?<=\s)\?(?= )/g, "|| true ?"],
  [/(?<=\s)\?(?= )/g, "&& false ?"],
  [/(?<=^ +)if \(/g, "if (false && "],
  [/(?<![\w.])\d[\d_]*\b/g, (found) => String(Number(found.replaceAll("_", "")) + 1)],
];

interface Mutant {
  path: string;
  line: number;
  text: string;
  whole: string;
}

/** Whether a line has an effect at run time. */
const isCode = (line: string) =>
  !/^\s*(\/?\*|\/\/|import |export type |type |export interface |interface |\w+\?: )/.test(line);

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

/** Copies the tracked files, and links node_modules. */
async function copyTree(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "mutants-" });
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `git ls-files -z | xargs -0 cp --parents -t "$0"`, copy],
  }).output();
  if (!success) throw new Error("Cannot copy the tree: run this at the root of the repository");
  await Deno.symlink(await Deno.realPath("node_modules"), `${copy}/node_modules`);
  return copy;
}

/** Long searches; they run only if no other test detects a mutant. */
const LONG = new Set(["enumeration.test.ts", "property.test.ts", "uneven.test.ts"]);
/** Time limits (ms) of the long and the quick tests. After a timeout a new runner tries once more. */
const [HANGS_MS, HANGS_QUICK_MS] = [400_000, 120_000];

/** One process that runs the tests repeatedly, about ten times as fast as a process per run. */
async function testRunner(root: string) {
  let failed: string[] = [];
  const reporter: Reporter = {
    onTestCaseResult: (test) => void (test.result().state === "failed" && failed.push(test.fullName)),
    onTestModuleEnd: (module) => void (module.errors().length > 0 && failed.push(module.moduleId)),
    onTestRunEnd: (_, errors) => void failed.push(...errors.map(({ message }) => message)),
  };
  const vitest = await createVitest("test", {
    ...{ root, config: `${root}/vitest.unit.config.ts`, watch: false, bail: 1, maxWorkers: 1 },
    exclude: [],
    reporters: [reporter],
  });
  const all = await vitest.globTestSpecifications(["test/judgement"]);
  const [quick, long] = [false, true].map((isLong) =>
    all.filter(({ moduleId }) => LONG.has(basename(moduleId)) === isLong)
  );
  /** The tests that fail after a change of `path`. Rejects if they hang; the runner is then unusable. */
  const findFailures = async (path: string, isQuick: boolean): Promise<string[]> => {
    failed = [];
    vitest.invalidateFile(path);
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => timeout.reject(new Error("hangs")),
      isQuick ? HANGS_QUICK_MS : HANGS_MS,
    );
    await Promise.race([timeout.promise, vitest.runTestSpecifications(isQuick ? quick! : long!)])
      .finally(() => clearTimeout(timer));
    return failed;
  };
  return { findFailures, close: () => vitest.close() };
}

const knownWhy = ({ path, text }: Mutant) =>
  EQUIVALENT.find(([file, line]) => path.endsWith(file) && text.trim() === line)?.[2];

Deno.env.set("HISTORIES", "150");
Deno.env.set("SEED", "7");
const root = await copyTree();
const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) =>
  !WITHOUT_RULES.has(name)
);
const wanted = Deno.args.find((arg) => /^\d+$/.test(arg));
const isQuickOnly = Deno.args.includes("--quick");
const only = Deno.args.filter((arg) => arg !== wanted && !arg.startsWith("-"));
/** Whether the arguments select a line, by `incident.ts` or `incident.ts:12`. */
const isWanted = (file: string, line: number) =>
  only.length === 0 || only.includes(file) || only.includes(`${file}:${line}`);
const all = files.toSorted().flatMap((file) =>
  mutantsOf(`${root}/${FOLDER}/${file}`).filter(({ line }) => isWanted(file, line))
);
const count = Math.min(all.length, Number(wanted ?? all.length));
const chosen = Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]!);
let runner = await testRunner(root);
/** Whether a test fails, or hangs twice. Skips the long searches for mutants listed as equivalent. */
const isNoticed = async (mutant: Mutant, isListed: boolean, tries = 2): Promise<boolean> => {
  const { path, line } = mutant;
  try {
    return (await runner.findFailures(path, true)).length > 0 ||
      (!isListed && !isQuickOnly && (await runner.findFailures(path, false)).length > 0);
  } catch (error) {
    console.error(`${relative(root, path)}:${line} ${error}`);
    void runner.close();
    runner = await testRunner(root);
    return tries === 1 || await isNoticed(mutant, isListed, tries - 1);
  }
};
let [survivors, equivalent] = [0, 0];
try {
  const broken = [
    ...await runner.findFailures(chosen[0]!.path, true),
    ...isQuickOnly ? [] : await runner.findFailures(chosen[0]!.path, false),
  ];
  if (broken.length > 0) {
    throw new Error(
      `The tests fail without a mutant, so the result would mean nothing:\n${broken.join("\n")}`,
    );
  }
  for (const mutant of chosen) {
    const { path, line, text, whole } = mutant;
    const place = `${relative(root, path)}:${line} ${text.trim()}`;
    const why = knownWhy(mutant);
    const before = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, whole);
    const noticed = await isNoticed(mutant, why !== undefined)
      .finally(() => Deno.writeTextFileSync(path, before));
    if (noticed && why) console.log(`${place}  (listed as equivalent, but detected)`);
    if (noticed) continue;
    if (why) equivalent++;
    else survivors++;
    console.log(why ? `${place}  (equivalent: ${why})` : place);
  }
} finally {
  await runner.close();
  await Deno.remove(root, { recursive: true });
}
console.log(`${count} of ${all.length} mutants, ${survivors} survived, ${equivalent} equivalent`);
Deno.exit(0);
