import type { Command } from 'commander';

import { RPC_STATUSES } from '../../base/exit-code.ts';
import { type ParsedCommandLine, parseCommandLine } from '../command-line.ts';
import { newCommand, newProgram } from '../new-program.ts';
import type { HelpFacts } from '../program-help.ts';
import { type CommandFacts, COMMANDS } from './command-facts.ts';
import { readWords, termsText } from './read-words.ts';
import { OPTIONS } from './rpc-options.ts';
import { type RpcRequest, rpcRequest } from './rpc-request.ts';

const HELP: HelpFacts = {
  usage: 'COMMAND [options] ...',
  remarks: [
    'The qubes are those of the embedded system in --root DIR, else QUBES_RPC_ROOT,',
    'else ~/.local/share/qubes-rpc; with --socket or --qrexec those of a daemon.',
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
  for (const [name, facts] of Object.entries(COMMANDS)) {
    const command = newCommand(program, name, facts.about, HELP).summary(facts.summary);
    const terms =
      facts.actions === undefined ? facts.arguments : [['[WORDS...]', 'words'] as const];
    for (const [term] of terms) command.argument(term);
    command.usage(usageOf(facts));
    for (const option of facts.options) command.addOption(OPTIONS[option]());
    command.action(() => {
      const [words] = command.processedArgs as string[][];
      const fields =
        facts.actions === undefined
          ? Object.fromEntries(
              terms.map(([, field], at) => [field, command.processedArgs[at] as unknown]),
            )
          : readWords(name, facts.actions, words ?? []);
      onParsed({ command: name, ...fields, ...command.opts<object>() });
    });
  }
  return program;
}

function usageOf({ usage, arguments: terms, actions }: CommandFacts): string {
  if (actions === undefined) return `[options] ${usage ?? termsText(terms)}`.trimEnd();
  const lines = Object.entries(actions).map(([name, takes]) =>
    `  ${name} ${termsText(takes)}`.trimEnd(),
  );
  return [`[options] ${usage ?? 'ACTION'}`, ...lines].join('\n');
}

/** The option or argument a person typed for a field of the request. */
function nameOf(field: string): string {
  const option = Object.entries(OPTIONS).find(([name]) => name === field)?.[1]();
  return option?.long ?? ARGUMENTS[field] ?? field.toUpperCase();
}

const ARGUMENTS: Readonly<Record<string, string>> = {
  names: 'QUBE',
  deviceClass: 'CLASS',
  qube: 'QUBE',
  volume: 'QUBE:VOLUME',
  to: 'TO:VOLUME',
  newSize: 'SIZE',
  words: 'RULE',
};
