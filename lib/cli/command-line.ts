import { type Command, CommanderError, type Option } from 'commander';
import type { z } from 'zod';
import { UsageError } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

/** What a command line means: work to do, or a text (help, version) to show. */
export type ParsedCommandLine<Request> =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'text'; readonly text: string };

/** The program as commander knows it; tells what it read. */
export type DescribeProgram = (onParsed: (untrusted: Record<string, unknown>) => void) => Command;

/**
 * Reads a command line: commander takes it apart, the schema judges it.
 * @param args without the program's own name
 * @param nameOf the option or argument a person typed for a field of the request
 * @throws UsageError when it cannot be meant
 */
export function parseCommandLine<Request>(
  describe: DescribeProgram,
  schema: z.ZodType<Request>,
  nameOf: (field: string) => string,
  args: readonly string[],
): ParsedCommandLine<Request> {
  let text = '';
  let untrusted: Record<string, unknown> | undefined;
  const program = describe((read) => (untrusted = read));
  const hint = hintOf(program, args);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (shown) => (text += shown),
      writeErr: () => undefined,
    });
  }
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    throw new UsageError(usageMessage(error), { hint });
  }
  const result = schema.safeParse(untrusted);
  if (result.success) return { kind: 'request', request: result.data };
  const [issue] = result.error.issues;
  const message = issue && refusal(issue, untrusted, nameOf);
  throw new UsageError(message ?? 'Cannot read the command line', { hint });
}

/** Where to read on; the most usual mistake by its name. */
function hintOf(program: Command, [first = '']: readonly string[]): string {
  const command = program.commands.find((one) => one.name() === first);
  if (command !== undefined) return `See ${program.name()} ${first} --help.`;
  const see = `See ${program.name()} --help.`;
  const isEarly = first.startsWith('-') && program.commands.length > 0;
  return isEarly ? `Options come after the command. ${see}` : see;
}

/** Makes an option one that can be given several times. */
export function repeatable(option: Option): Option {
  return option.argParser((value: string, earlier: string[] | undefined) => [
    ...(earlier ?? []),
    value,
  ]);
}

function refusal(
  issue: z.core.$ZodIssue,
  untrusted: Readonly<Record<string, unknown>> | undefined,
  nameOf: (field: string) => string,
): string {
  if (issue.code === 'unrecognized_keys') {
    return `Cannot use ${issue.keys.map(nameOf).join(' and ')} with this`;
  }
  const [field] = issue.path;
  if (typeof field !== 'string') return `Cannot do that: ${issue.message}`;
  const value: unknown = untrusted?.[field];
  if (value === undefined) return `${nameOf(field)} is missing: ${issue.message}`;
  const given = [value]
    .flat()
    .map(
      (item: unknown) => `"${printable(typeof item === 'string' ? item : JSON.stringify(item))}"`,
    )
    .join(' ');
  return `Cannot use ${nameOf(field)} ${given}: ${issue.message}`;
}

function usageMessage(error: CommanderError): string {
  if (error.code === 'commander.help') return 'Cannot do anything: no command was given';
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return `Cannot read the command line: ${printable(message)}`;
}
