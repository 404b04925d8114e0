import { Command } from 'commander';

import { VERSION } from '../base/version.ts';
import { commandHelp, programHelp } from './program-help.ts';
import type { HelpFacts } from './program-help.ts';

/** A program of several commands, as commander knows it. */
export function newProgram(name: string, description: string, help: HelpFacts): Command {
  return new Command(name)
    .description(description)
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show this; also after a command')
    .helpCommand(false)
    .configureHelp({ formatHelp: programHelp(help) });
}

/** One more command of a program. */
export function newCommand(
  program: Command,
  name: string,
  description: string,
  help: HelpFacts,
): Command {
  return program
    .command(name)
    .description(description)
    .helpOption('-h, --help', 'show this')
    .configureHelp({ formatHelp: commandHelp(help) });
}
