import type { Command, Help } from 'commander';
import { EXIT_STATUSES } from '../base/exit-code.ts';

/** Help of the program: its commands, what an archive can be, and the exit statuses. */
export function formatProgramHelp(program: Command, helper: Help): string {
  return [
    'Usage: qubes-restore COMMAND [options] ARCHIVE ...',
    program.description(),
    '',
    ...program.commands.map((command) => `  ${command.name().padEnd(9)}${command.description()}`),
    '',
    ...helper
      .visibleOptions(program)
      .map((option) => row(helper.optionTerm(option), option.description)),
    '',
    'ARCHIVE is a path, - for standard input, or with --from QUBE a location in it.',
    ...exitLines(),
    '',
  ].join('\n');
}

/**
 * Help of one command, without commander's blank lines and list of arguments: with all its options
 * it fits a screen of 24 lines.
 */
export function formatCommandHelp(command: Command, helper: Help): string {
  const options = helper
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => row(helper.optionTerm(option), option.description));
  return [
    `Usage: qubes-restore ${command.name()} ${command.usage()}`,
    command.description(),
    ...options,
    ...exitLines(),
    '',
  ].join('\n');
}

function row(term: string, description: string): string {
  return `  ${term.replaceAll(/[<>]/g, '').padEnd(28)} ${description}`;
}

function exitLines(): string[] {
  const lines = ['Exit status:'];
  for (const { status, short } of EXIT_STATUSES) {
    const item = `${status} ${short}${status === EXIT_STATUSES.at(-1)?.status ? '' : ','}`;
    const last = lines.at(-1) ?? '';
    if (last.length + item.length + 1 > 79) lines.push(`  ${item}`);
    else lines[lines.length - 1] = `${last} ${item}`;
  }
  return lines;
}
