/** Shell completion scripts for verbs, options and their choices, generated from the program. */
import { Argument, Command } from "commander";

interface Words {
  verb: string;
  about: string;
  options: { flag: string; about: string; choices: readonly string[]; takesValue: boolean }[];
}

/** The verbs of the program with their options. */
function wordsOf(program: Command): Words[] {
  return program.commands.flatMap((command) => [
    { verb: command.name(), about: command.description(), options: optionsOf(command) },
  ]);
}

const optionsOf = ({ options }: Command): Words["options"] =>
  options.flatMap(({ long, description, argChoices = [], required, optional }) =>
    long ? [{ flag: long, about: description, choices: argChoices, takesValue: required || optional }] : []
  );

/** Quotes a text for a POSIX shell or fish. */
const quote = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`;
/** The first sentence or clause of a text. */
const short = (text: string) => text.split(/[.;:](?:\s|$)/)[0]!;

const SHELLS: Record<string, (all: readonly Words[]) => string> = {
  bash: (all) =>
    `_assay() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} verb=\${COMP_WORDS[1]}
  if [ "$COMP_CWORD" = 1 ]; then
    COMPREPLY=($(compgen -W ${quote(all.map(({ verb }) => verb).join(" "))} -- "$word"))
    return
  fi
  case "$verb $before" in
${
      all.flatMap(({ verb, options }) =>
        options.filter(({ choices }) => choices.length > 0).map(({ flag, choices }) =>
          `    ${quote(`${verb} ${flag}`)}) COMPREPLY=($(compgen -W ${
            quote(choices.join(" "))
          } -- "$word")); return ;;`
        )
      ).join("\n")
    }
  esac
  case "$verb" in
${
      all.map(({ verb, options }) =>
        `    ${verb}) [ "\${word:0:1}" = - ] && COMPREPLY=($(compgen -W ${
          quote(options.map(({ flag }) => flag).join(" "))
        } -- "$word")) ;;`
      ).join("\n")
    }
  esac
}
complete -o default -F _assay assay`,
  zsh: (all) =>
    `#compdef assay
_assay() {
  local -a verbs
  verbs=(${all.map(({ verb, about }) => quote(`${verb}:${short(about)}`)).join(" ")})
  if (( CURRENT == 2 )); then
    _describe verb verbs
    return
  fi
  case $words[2] in
${
      all.map(({ verb, options }) =>
        `    ${verb}) _arguments '*:file:_files' ${
          options.map(({ flag, about, choices, takesValue }) =>
            quote(
              `${flag}[${short(about).replace(/[[\]]/g, "")}]` +
                (choices.length > 0 ? `:value:(${choices.join(" ")})` : takesValue ? ":value:_files" : ""),
            )
          ).join(" ")
        } ;;`
      ).join("\n")
    }
  esac
}
compdef _assay assay`,
  fish: (all) =>
    all.flatMap(({ verb, about, options }) => [
      `complete -c assay -n __fish_use_subcommand -a ${verb} -d ${quote(short(about))}`,
      ...options.map(({ flag, about, choices, takesValue }) =>
        [
          `complete -c assay -n '__fish_seen_subcommand_from ${verb}' -l ${flag.slice(2)}`,
          ...takesValue ? ["-r"] : [],
          ...choices.length > 0 ? [`-f -a ${quote(choices.join(" "))}`] : [],
          `-d ${quote(short(about))}`,
        ].join(" ")
      ),
    ]).join("\n"),
};

/** `assay completion <shell>`: prints a completion script. */
export const completionCommand: Command = new Command("completion")
  .description("Print a shell completion script. Exit 0, 3 usage.")
  .addArgument(new Argument("<shell>", "the shell").choices(Object.keys(SHELLS)))
  .action((shell: string) => console.log(completionScript(shell, completionCommand.parent!)));

/** The completion script of a program for one shell. */
export const completionScript = (shell: string, program: Command): string => SHELLS[shell]!(wordsOf(program));
