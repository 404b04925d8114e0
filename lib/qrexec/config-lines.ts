import { printable } from '../base/printable.ts';
import { CallError, PROBLEM } from './call-error.ts';

/** What each key of a configuration takes; others are passed over. */
const KINDS: Readonly<Record<string, 'switch' | 'text'>> = {
  'wait-for-session': 'switch',
  'skip-service-descriptor': 'switch',
  'exit-on-client-eof': 'switch',
  'exit-on-service-eof': 'switch',
  'force-user': 'text',
};

/** The only switch that may be a number. */
const MAY_BE_NUMBER = 'wait-for-session';

const LINE = /^([a-zA-Z][a-zA-Z0-9_.-]*)[ \t]*=[ \t]*(.*)$/s;
const VALUE = /^(?:(true|false)|(0|[1-9][0-9]*)|'(?!'')([^']*)')[ \t]*(?:#.*)?$/s;

/** Of a number that qrexec can hold. */
const MAX_NUMBER = 2n ** 64n;

/**
 * Reads the part of TOML that qrexec knows: a line `key=value` for each, the value `true`, `false`, a
 * number, or a string in single quotes.
 * @param file for the message
 * @throws CallError with file and line, for what qrexec does not accept either
 */
export function parseConfigLines(
  file: string,
  untrustedText: string,
): ReadonlyMap<string, boolean | string> {
  const values = new Map<string, boolean | string>();
  const lines = untrustedText.split('\n');
  lines.forEach((line, at) => {
    const fail = (reason: string): CallError =>
      new CallError(PROBLEM, `${file}, line ${at + 1}: ${reason}`);
    if (line.includes('\0')) throw fail('it holds a NUL');
    // A carriage return is part of the end of a line, and of nothing else.
    const isEnded = at < lines.length - 1;
    const text = (isEnded ? line.replace(/\r$/, '') : line).replace(/(?<=.)[ \t]+$/, '');
    if (text === '' || text.startsWith('#')) return;
    const [, key, untrustedValue] = LINE.exec(text) ?? [];
    if (key === undefined || untrustedValue === undefined) throw fail('it is not key=value');
    const value = parseValue(untrustedValue);
    if (value === undefined) {
      throw fail(`${printable(untrustedValue)} is no value that qrexec understands`);
    }
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key] : undefined;
    if (kind === undefined) return;
    if (values.has(key)) throw fail(`${key} is there twice`);
    values.set(key, accepted(key, kind, value) ?? raise(fail(`${key} cannot be this value`)));
  });
  return values;
}

type Value = boolean | bigint | string;

function parseValue(untrusted: string): Value | undefined {
  const [, word, digits, text] = VALUE.exec(untrusted) ?? [];
  if (word !== undefined) return word === 'true';
  if (digits === undefined) return text;
  const number = BigInt(digits);
  return number < MAX_NUMBER ? number : undefined;
}

function accepted(
  key: string,
  kind: 'switch' | 'text',
  value: Value,
): boolean | string | undefined {
  if (kind === 'text') return typeof value === 'string' ? value : undefined;
  if (typeof value === 'boolean') return value;
  return key === MAY_BE_NUMBER && typeof value === 'bigint' && value < 2n
    ? value === 1n
    : undefined;
}

function raise(error: Error): never {
  throw error;
}
