// Makes the completion of a program for bash from what commander knows of it.
import type { Command, Option } from 'commander';

import { hostProgram } from '../lib/cli/host/host-command.ts';
import { restoreProgram } from '../lib/cli/restore-command.ts';
import { rpcProgram } from '../lib/cli/rpc/rpc-command.ts';

/** What help calls a path of a file or folder here. */
const PATH = /ARCHIVE|FILE|DIR|PATH/;

/** Choices as help shows them: `default|none`. */
const CHOICES = /^[a-z]+(?:\|[a-z]+)+$/;

/** The completions of all programs that people type, by the name of the program. */
export function bashCompletions(): ReadonlyMap<string, string> {
  const programs = [restoreProgram, rpcProgram, hostProgram].map((describe) =>
    describe(() => undefined),
  );
  return new Map(programs.map((program) => [program.name(), bashCompletion(program)]));
}

/** A bash script that completes the commands, options, actions and files of a program. */
function bashCompletion(program: Command): string {
  const name = program.name();
  const call = `_${name.replaceAll('-', '_')}`;
  const commands = program.commands.map((command) => command.name());
  return `# Completion of ${name} for bash, made from its definition.
${call}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local command= at options words= paths=
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${commands.length === 0 ? "''" : commands.join('|')})
        command=\${COMP_WORDS[at]}
        break ;;
    esac
  done
  case $command in
${[program, ...program.commands].map((one) => commandCase(one, program)).join('\n')}
  esac
  case $previous in
${optionCases([program, ...program.commands])}
  esac
  if [[ $current == -* ]]; then words=$options; fi
  # Where no path is meant, none is offered.
  if [[ -z $paths ]]; then compopt +o default; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F ${call} ${name}
`;
}

/** What can follow a command: its options, its actions, perhaps paths. */
function commandCase(command: Command, program: Command): string {
  const options = visible(command).flatMap(({ long, short }) => [long ?? '', short ?? '']);
  const isProgram = command === program;
  const words = isProgram ? command.commands.map((one) => one.name()) : actionsOf(command);
  const takesPaths = !isProgram && PATH.test(command.usage());
  return `    ${isProgram ? "''" : command.name()})
      options='${options.filter(Boolean).join(' ')}'
      words='${words.join(' ')}'
      paths=${takesPaths ? 'yes' : ''} ;;`;
}

/** The words in small letters that its usage begins a line or an alternative with. */
function actionsOf(command: Command): string[] {
  const lines = command.usage().replace('[options] ', '').split('\n');
  return lines.flatMap((line) =>
    line.startsWith('  ')
      ? line.trim().split(' ', 1)
      : [...line.matchAll(/(?:^|[[|]) *([a-z]+)(?= |\]|$)/g)].map(([, word]) => word ?? ''),
  );
}

/** What can follow an option that takes a value, the same in all commands. */
function optionCases(commands: readonly Command[]): string {
  const options = new Map(commands.flatMap(visible).map((option) => [option.flags, option]));
  return [...options.values()]
    .filter(({ required }) => required)
    .map((option) => {
      const value = /<(.*)>/.exec(option.flags)?.[1] ?? '';
      const names = [option.short, option.long].filter(Boolean).join('|');
      const words = CHOICES.test(value) ? value.replaceAll('|', ' ') : '';
      return `    ${names})
      options= words='${words}' paths=${PATH.test(value) ? 'yes' : ''} ;;`;
    })
    .join('\n');
}

function visible(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}
