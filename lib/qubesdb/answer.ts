import { AdminError } from '../base/admin-error.ts';
import type { Database } from './database.ts';
import {
  COMMAND,
  RESPONSE,
  retype,
  typeOf,
  untrustedPathOf,
  withoutPath,
  withPath,
  withPathEnded,
} from './messages.ts';
import type { Message } from './messages.ts';
import { isPath, isValue, mayBeSent } from './paths.ts';

const COMMANDS: ReadonlySet<number> = new Set(Object.values(COMMAND));

/** What a client watches. */
export interface ClientWatches {
  add(path: string): void;
  /** @returns whether it watched that */
  remove(path: string): boolean;
}

/** What comes of a command. */
export interface Answer {
  readonly messages: readonly Buffer[];
  /** Path that those who watch are told of, once the answer is on its way. */
  readonly changed?: string;
  /** The client is cut off then. */
  readonly isLast?: boolean;
}

/**
 * Carries out a command as the real daemon does. Answers repeat the header of the command, with what
 * stands in it behind the path.
 */
export function answerTo(message: Message, database: Database, watches: ClientWatches): Answer {
  const { untrustedHeader, untrustedData } = message;
  const type = typeOf(untrustedHeader);
  if (!COMMANDS.has(type)) return only(retype(untrustedHeader, RESPONSE.error));
  const header = withPathEnded(untrustedHeader);
  const path = untrustedPathOf(header);
  const refused = only(retype(header, RESPONSE.error));
  if (!isPath(path) || untrustedData === undefined || !mayBeSent(untrustedData)) return refused;
  if (type === COMMAND.write) {
    return isValue(untrustedData) ? write(database, header, path, untrustedData) : refused;
  }
  if (untrustedData.length > 0) {
    return type === COMMAND.read ? { messages: [], isLast: true } : refused;
  }
  switch (type) {
    case COMMAND.read:
      return read(database, header, path);
    case COMMAND.multiread:
      return multiread(database, header, path);
    case COMMAND.list:
      return list(database, header, path);
    case COMMAND.remove:
      return remove(database, header, path);
    case COMMAND.watch:
      watches.add(path);
      return only(retype(header, RESPONSE.ok));
    default:
      return only(retype(header, watches.remove(path) ? RESPONSE.ok : RESPONSE.noEntry));
  }
}

function write(database: Database, header: Buffer, path: string, value: Buffer): Answer {
  return changing(header, () => {
    database.write(path, value);
    return { messages: [retype(header, RESPONSE.ok)], changed: path };
  });
}

function remove(database: Database, header: Buffer, path: string): Answer {
  return changing(header, () => {
    if (!database.remove(path)) return only(retype(header, RESPONSE.noEntry));
    return { messages: [retype(header, RESPONSE.ok)], changed: path };
  });
}

/** A client whose change cannot be made is told so and cut off. */
function changing(header: Buffer, change: () => Answer): Answer {
  try {
    return change();
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    return { messages: [retype(header, RESPONSE.error)], isLast: true };
  }
}

function read(database: Database, header: Buffer, path: string): Answer {
  const value = database.read(path);
  if (value === undefined) return only(retype(header, RESPONSE.noEntry));
  return only(Buffer.concat([retype(header, RESPONSE.read, value.length), value]));
}

/** All that begins so; all there is backwards, so that a daemon in a qube sorts it in quickly. */
function multiread(database: Database, header: Buffer, prefix: string): Answer {
  const paths = database.list(prefix);
  const messages: Buffer[] = [];
  let last = header;
  for (const path of prefix === '' ? paths.toReversed() : paths) {
    const value = database.read(path) ?? Buffer.alloc(0);
    last = withPath(header, path);
    messages.push(Buffer.concat([retype(last, RESPONSE.multiread, value.length), value]));
  }
  return { messages: [...messages, retype(withoutPath(last), RESPONSE.multiread)] };
}

function list(database: Database, header: Buffer, prefix: string): Answer {
  const entries = database.list(prefix).map((path) => withPath(header, path));
  const end = withoutPath(entries.at(-1) ?? header);
  return { messages: [...entries, end].map((one) => retype(one, RESPONSE.list)) };
}

function only(message: Buffer): Answer {
  return { messages: [message] };
}
