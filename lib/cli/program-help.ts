import type { Command, Help, Option } from 'commander';
import type { ExitStatus } from '../base/exit-code.ts';

/** What a program's help says besides its commands and options. */
export interface HelpFacts {
  /** What follows the name of the program: `COMMAND [options] ARCHIVE ...`. */
  readonly usage: string;
  /** A line or two behind the options. */
  readonly remarks: readonly string[];
  readonly statuses: readonly ExitStatus[];
  /** Long names of options that are seldom needed: where there are many, they are only named. */
  readonly seldom?: ReadonlySet<string>;
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
      ...helper
        .visibleOptions(program)
        .map((option) => row(helper.optionTerm(option), option.description)),
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
    .map((left, at) => `${entry(left).padEnd(39)}${entry(commands[half + at])}`.trimEnd());
}

/**
 * Help of one command, without commander's blank lines and list of arguments: with all its options
 * it fits a screen of 24 lines.
 */
export function commandHelp({ statuses, seldom = new Set() }: HelpFacts) {
  return (command: Command, helper: Help): string => {
    const options = helper.visibleOptions(command).filter(({ long }) => long !== '--help');
    const isSeldom = ({ long }: Option): boolean => seldom.has(long ?? '');
    return [
      `Usage: ${command.parent?.name() ?? ''} ${command.name()} ${command.usage()}`,
      helper.boxWrap(command.description(), WIDTH),
      ...options
        .filter((option) => !isSeldom(option))
        .map((option) => row(helper.optionTerm(option), option.description)),
      ...filled(
        'See the manual page for:',
        options.filter(isSeldom).map(({ long }) => long ?? ''),
      ),
      ...exitLines(statuses),
      '',
    ].join('\n');
  };
}

function row(term: string, description: string): string {
  return `  ${term.replaceAll(/[<>]/g, '').padEnd(28)} ${description}`;
}

function exitLines(statuses: readonly ExitStatus[]): string[] {
  return filled(
    'Exit status:',
    statuses.map(({ status, short }) => `${status} ${short}`),
  );
}

/** Items behind a title, separated by commas, in as few lines as they fit. */
function filled(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const lines = [title];
  for (const [at, item] of items.entries()) {
    const text = at === items.length - 1 ? item : `${item},`;
    const last = lines.at(-1) ?? '';
    if (last.length + text.length + 1 > WIDTH) lines.push(`  ${text}`);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  return lines;
}
