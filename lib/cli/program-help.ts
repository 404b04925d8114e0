import type { Command, Help } from 'commander';
import type { ExitStatus } from '../base/exit-code.ts';

/** What a program's help says besides its commands and options. */
export interface HelpFacts {
  /** What follows the name of the program: `COMMAND [options] ARCHIVE ...`. */
  readonly usage: string;
  /** A line or two behind the options. */
  readonly remarks: readonly string[];
  readonly statuses: readonly ExitStatus[];
}

const WIDTH = 79;

/** Help of a program: its commands, and the exit statuses. */
export function programHelp({ usage, remarks, statuses }: HelpFacts) {
  return (program: Command, helper: Help): string =>
    [
      `Usage: ${program.name()} ${usage}`,
      program.description(),
      '',
      ...commandLines(program.commands),
      ...(program.commands.length === 0 ? [] : ['']),
      ...helper
        .visibleOptions(program)
        .map((option) => row(helper.optionTerm(option), option.description)),
      '',
      ...remarks,
      ...exitLines(statuses),
      '',
    ].join('\n');
}

/** Above this they would fill a screen: they are listed in two columns, with what is shorter. */
const MANY = 16;

function commandLines(commands: readonly Command[]): string[] {
  if (commands.length <= MANY) {
    return commands.map((command) => `  ${command.name().padEnd(9)}${command.description()}`);
  }
  const half = Math.ceil(commands.length / 2);
  const entry = (command: Command | undefined): string =>
    command === undefined ? '' : `  ${command.name().padEnd(9)}${command.summary()}`;
  return commands
    .slice(0, half)
    .map((left, at) => `${entry(left).padEnd(48)}${entry(commands[half + at])}`.trimEnd());
}

/**
 * Help of one command, without commander's blank lines and list of arguments: with all its options
 * it fits a screen of 24 lines.
 */
export function commandHelp({ statuses }: HelpFacts) {
  return (command: Command, helper: Help): string => {
    const options = helper
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((option) => row(helper.optionTerm(option), option.description));
    return [
      `Usage: ${command.parent?.name() ?? ''} ${command.name()} ${command.usage()}`,
      command.description(),
      ...options,
      ...exitLines(statuses),
      '',
    ].join('\n');
  };
}

function row(term: string, description: string): string {
  return `  ${term.replaceAll(/[<>]/g, '').padEnd(28)} ${description}`;
}

function exitLines(statuses: readonly ExitStatus[]): string[] {
  const lines = ['Exit status:'];
  for (const { status, short } of statuses) {
    const item = `${status} ${short}${status === statuses.at(-1)?.status ? '' : ','}`;
    const last = lines.at(-1) ?? '';
    if (last.length + item.length + 1 > WIDTH) lines.push(`  ${item}`);
    else lines[lines.length - 1] = `${last} ${item}`;
  }
  return lines;
}
