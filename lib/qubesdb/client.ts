import { QubesException } from '../base/admin-error.ts';
import { connectToSocket } from '../base/connect-to-socket.ts';
import { reasonOf } from '../base/errors.ts';
import { printable } from '../base/printable.ts';
import { ClientConnection } from './client-connection.ts';
import { COMMAND, RESPONSE, typeOf, untrustedPathOf } from './messages.ts';
import type { Message } from './messages.ts';
import { isEntryPath, isPath, isValue } from './paths.ts';
import type { QubesDb } from './qubesdb.ts';

/**
 * A database behind its socket: the one that Qubes has for each running qube, or that of an embedded
 * system. Each watch is a connection of its own, so that it is clear whom a notice is for.
 */
export class QubesDbClient implements QubesDb {
  readonly #path: string;
  readonly #connection: ClientConnection;
  readonly #watches = new Set<ClientConnection>();

  private constructor(path: string, connection: ClientConnection) {
    this.#path = path;
    this.#connection = connection;
  }

  /**
   * @param path of the socket; it may be longer than the 107 bytes that a socket's own may have
   * @throws QubesException when nobody answers there
   */
  static async connect(path: string): Promise<QubesDbClient> {
    return new QubesDbClient(path, await connectTo(path));
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const answer = await this.#one(COMMAND.read, path);
    return typeOf(answer.untrustedHeader) === RESPONSE.noEntry ? undefined : answer.untrustedData;
  }

  async list(prefix: string): Promise<readonly string[]> {
    const answers = await this.#connection.ask(COMMAND.list, requirePath(prefix));
    return answers.map(({ untrustedHeader }) => untrustedPathOf(untrustedHeader)).sort();
  }

  async multiread(prefix: string): Promise<ReadonlyMap<string, Uint8Array>> {
    const answers = await this.#connection.ask(COMMAND.multiread, requirePath(prefix));
    const values = answers.map(
      ({ untrustedHeader, untrustedData = Buffer.alloc(0) }) =>
        [untrustedPathOf(untrustedHeader), untrustedData] as const,
    );
    return new Map(values.sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  async write(path: string, value: string | Uint8Array): Promise<void> {
    const bytes = Buffer.from(value);
    // Asked here, as the daemon closes the connection of who sends what it cannot take.
    if (!isEntryPath(path)) throw new QubesException(`${printable(path)} is no path of QubesDB`);
    if (!isValue(bytes)) throw new QubesException(`The value for ${path} is no value of QubesDB`);
    await this.#connection.ask(COMMAND.write, path, bytes);
  }

  async remove(path: string): Promise<void> {
    await this.#one(COMMAND.remove, path);
  }

  async watch(path: string, listener: (path: string) => void): Promise<() => void> {
    requirePath(path);
    const connection = await connectTo(this.#path);
    this.#watches.add(connection);
    connection.onNotice = listener;
    const unwatch = (): void => {
      this.#watches.delete(connection);
      connection.close();
    };
    await connection.ask(COMMAND.watch, path).catch((error: unknown) => {
      unwatch();
      throw error;
    });
    return unwatch;
  }

  async close(): Promise<void> {
    this.#connection.close();
    for (const watch of this.#watches) watch.close();
  }

  async #one(command: number, path: string): Promise<Message> {
    const [answer] = await this.#connection.ask(command, requirePath(path));
    if (answer === undefined) throw new QubesException(`QubesDB did not answer to ${path}`);
    return answer;
  }
}

function requirePath(path: string): string {
  if (isPath(path)) return path;
  throw new QubesException(`${printable(path)} is no path of QubesDB`);
}

async function connectTo(path: string): Promise<ClientConnection> {
  try {
    return new ClientConnection(await connectToSocket(path), path);
  } catch (error) {
    throw new QubesException(`Cannot open the QubesDB at ${printable(path)}: ${reasonOf(error)}`);
  }
}
