import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'admin', 'session');

/** One call of a recorded session: what was sent, and what the reference daemon answered. */
export interface RecordedCall {
  readonly method: string;
  readonly argument: string;
  readonly destination: string;
  readonly payload: string;
  readonly response: string;
}

const Line = z.object({ header: z.string(), payload: z.string(), response: z.string() });

/** The store before or after the session. */
export function sessionStore(which: 'start' | 'after'): string {
  return readFileSync(join(FOLDER, `${which}.xml`), 'utf8');
}

/** All calls of the session, in order. */
export function sessionCalls(): readonly RecordedCall[] {
  const lines = readFileSync(join(FOLDER, 'session.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { header, payload, response } = Line.parse(JSON.parse(line));
    const [call = '', , , destination = ''] = header.split(' ');
    const [method = '', ...argument] = call.split('+');
    return { method, argument: argument.join('+'), destination, payload, response };
  });
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** What differs between two runs of a session without meaning anything. */
const CHANCE: readonly (readonly [RegExp, string])[] = [
  // The number of a disposable is drawn, and its addresses follow.
  [/(dispid default=False type=int |<property name="dispid">)\d+/g, '$1N'],
  [/(\bip \S+ \S+ |visible_ip \S+ \S+ )10\.138\.\d+\.\d+/g, '$110.138.N'],
  [/^(xid default=True type=int )-?\d+$/gm, '$1N'],
  [/^(start_time default=True type=str ).*$/gm, '$1N'],
  // What a running qube has used by now.
  [/( cputime=)\d+( power_state=)/g, '$1N$2'],
  // What a file takes on the disk.
  [/^(usage=)\d+$/gm, '$1N'],
];

/** The machine, as global properties tell of it. */
const MACHINE = /^((?:maxmem|no_cpus) default=True type=int )\d+$/gm;

/** Compares replies of two runs: what one calls by one uuid the other must always call by one. */
export class Comparison {
  readonly #ours = new Map<string, string>();

  /** Puts both in a form in which they are equal if they say the same. */
  normalise(method: string, theirs: string, ours: string): readonly [string, string] {
    const known = [...ours.matchAll(UUID)].map(([uuid]) => uuid);
    let at = 0;
    const translated = theirs.replace(UUID, (uuid) => {
      const counterpart = this.#ours.get(uuid) ?? known[at] ?? uuid;
      this.#ours.set(uuid, counterpart);
      at++;
      return counterpart;
    });
    return [withoutChance(method, translated), withoutChance(method, ours)];
  }
}

function withoutChance(method: string, text: string): string {
  const plain = CHANCE.reduce((sofar, [pattern, instead]) => sofar.replace(pattern, instead), text);
  return method.startsWith('admin.property.') ? plain.replace(MACHINE, '$1N') : plain;
}
