import type { Command } from 'commander';

import { RPC_STATUSES } from '../../base/exit-code.ts';
import { type ParsedCommandLine, parseCommandLine } from '../command-line.ts';
import { newCommand, newProgram } from '../new-program.ts';
import type { HelpFacts } from '../program-help.ts';
import { type OptionName, OPTIONS } from './rpc-options.ts';
import { type RpcRequest, rpcRequest } from './rpc-request.ts';

const WHERE: readonly OptionName[] = ['root', 'socket', 'qrexec', 'json'];

/** What each command takes: arguments with their field in the request, then its own options. */
const COMMANDS: Readonly<
  Record<
    RpcRequest['command'],
    {
      readonly about: string;
      readonly arguments: readonly (readonly [term: string, field: string])[];
      readonly options: readonly OptionName[];
      /** Where the arguments depend on each other. */
      readonly usage?: string;
    }
  >
> = {
  init: {
    about: 'Make an embedded system: a folder that stands in for Qubes OS.',
    arguments: [],
    options: ['sample', 'from', 'root', 'json'],
  },
  ls: {
    about: 'List qubes: all, or those that are named.',
    arguments: [['[QUBES...]', 'names']],
    options: ['class', 'tag', 'running', 'columns', ...WHERE],
  },
  create: {
    about: 'Create a qube.',
    arguments: [['<NAME>', 'name']],
    options: ['class', 'label', 'template', 'pool', 'prop', ...WHERE],
  },
  remove: {
    about: 'Remove qubes with all their data.',
    arguments: [['<QUBES...>', 'names']],
    options: ['yes', ...WHERE],
  },
  prefs: {
    about: 'Show or set properties of a qube, or of the system. An empty VALUE is none.',
    arguments: [['[WORDS...]', 'words']],
    options: ['system', 'default', 'reset', 'helpProperty', ...WHERE],
    usage: 'QUBE|--system [NAME [VALUE]]',
  },
  features: {
    about: 'Show or set features of a qube. An empty VALUE is false.',
    arguments: [
      ['<QUBE>', 'qube'],
      ['[NAME]', 'feature'],
      ['[VALUE]', 'value'],
    ],
    options: ['unset', ...WHERE],
    usage: 'QUBE [NAME [VALUE]]',
  },
  tags: {
    about: 'Show, add or remove tags of a qube.',
    arguments: [
      ['<QUBE>', 'qube'],
      ['[ACTION]', 'action'],
      ['[TAGS...]', 'tags'],
    ],
    options: WHERE,
    usage: 'QUBE [list | add TAG... | del TAG...]',
  },
  notes: {
    about: 'Show, replace or remove the notes about a qube.',
    arguments: [['<QUBE>', 'qube']],
    options: ['set', 'delete', ...WHERE],
  },
  labels: {
    about: 'Show labels; create or remove one of your own. COLOR is like 0xcc0000.',
    arguments: [
      ['[ACTION]', 'action'],
      ['[NAME]', 'name'],
      ['[COLOR]', 'color'],
    ],
    options: WHERE,
    usage: '[list | create NAME COLOR | remove NAME]',
  },
  call: {
    about: 'Make a raw call: payload from standard input, the answer as it comes.',
    arguments: [
      ['<METHOD[+ARG]>', 'call'],
      ['[DEST]', 'destination'],
    ],
    options: WHERE,
  },
  events: {
    about: 'Show what happens from now on, to one qube or to all.',
    arguments: [['[QUBE]', 'qube']],
    options: WHERE,
  },
  host: {
    about: 'Look at the resident host of an embedded system, or stop it.',
    arguments: [['<ACTION>', 'action']],
    options: ['root', 'json'],
    usage: 'status | stop',
  },
};

const HELP: HelpFacts = {
  usage: 'COMMAND [options] ...',
  remarks: [
    'The qubes are those of the embedded system in --root DIR, by default QUBES_RPC_ROOT, else',
    '~/.local/share/qubes-rpc; with --socket or --qrexec those of another daemon.',
  ],
  statuses: RPC_STATUSES,
};

/**
 * Reads the command line of qubes-rpc.
 * @param args without the program's own name
 * @throws UsageError when it cannot be meant
 */
export function parseRpcCommandLine(args: readonly string[]): ParsedCommandLine<RpcRequest> {
  return parseCommandLine(rpcProgram, rpcRequest, nameOf, args);
}

/** The program as commander knows it; exported for the test that compares it with the man page. */
export function rpcProgram(onParsed: (untrusted: Record<string, unknown>) => void): Command {
  const program = newProgram(
    'qubes-rpc',
    'Administers qubes: of an embedded system on any Linux, or of Qubes OS.',
    HELP,
  );
  for (const [name, about] of Object.entries(COMMANDS)) {
    const command = newCommand(program, name, about.about, HELP);
    for (const [term] of about.arguments) command.argument(term);
    const usage = about.usage ?? about.arguments.map(([term]) => term).join(' ');
    command.usage(`[options] ${usage.replaceAll(/[<>]/g, '')}`);
    for (const option of about.options) command.addOption(OPTIONS[option]());
    command.action(() => {
      const words = command.processedArgs as unknown[];
      const given = about.arguments.map(([, field], index) => [field, words[index]] as const);
      onParsed({ command: name, ...Object.fromEntries(given), ...command.opts<object>() });
    });
  }
  return program;
}

/** The option or argument a person typed for a field of the request. */
function nameOf(field: string): string {
  const option = Object.entries(OPTIONS).find(([name]) => name === field)?.[1]();
  return option?.long ?? { names: 'QUBE', qube: 'QUBE' }[field] ?? field.toUpperCase();
}
