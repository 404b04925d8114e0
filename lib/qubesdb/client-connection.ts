import type { Socket } from 'node:net';

import { QubesException } from '../base/admin-error.ts';
import { printable } from '../base/printable.ts';
import { COMMAND, encode, MessageReader, RESPONSE, typeOf, untrustedPathOf } from './messages.ts';
import type { Message } from './messages.ts';

/** Answers of one list: more than any daemon that behaves has, fewer than would fill the memory. */
const MAX_ANSWERS = 65_536;

/** How each command is answered when it can be carried out. */
const ANSWERS: ReadonlyMap<number, readonly number[]> = new Map([
  [COMMAND.read, [RESPONSE.read, RESPONSE.noEntry]],
  [COMMAND.write, [RESPONSE.ok]],
  [COMMAND.multiread, [RESPONSE.multiread]],
  [COMMAND.list, [RESPONSE.list]],
  [COMMAND.remove, [RESPONSE.ok, RESPONSE.noEntry]],
  [COMMAND.watch, [RESPONSE.ok]],
]);

interface Question {
  readonly command: number;
  readonly path: string;
  readonly answers: Message[];
  readonly resolve: (answers: readonly Message[]) => void;
  readonly reject: (error: QubesException) => void;
}

/** The client's end of a connection: commands are sent at once and answered in their order. */
export class ClientConnection {
  /** Called with the path of each notice. */
  onNotice: (untrustedPath: string) => void = () => undefined;
  readonly #socket: Socket;
  readonly #path: string;
  readonly #reader = new MessageReader();
  readonly #questions: Question[] = [];

  /** @param path where it leads, for messages */
  constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    socket.on('data', (untrusted: Buffer) => {
      this.#reader.push(untrusted);
      for (let one = this.#reader.take(); one !== undefined; one = this.#reader.take()) {
        this.#take(one);
      }
    });
    // All that matters of an error is that the connection closes after it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#fail('it was closed'));
  }

  /**
   * @returns the answer; to a command that lists, all of it without what marks its end
   * @throws QubesException when the command is refused, or the connection gone
   */
  ask(command: number, path: string, data?: Uint8Array): Promise<readonly Message[]> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) {
        reject(this.#failure('it was closed'));
        return;
      }
      this.#questions.push({ command, path, answers: [], resolve, reject });
      this.#socket.write(encode(command, path, data));
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(message: Message): void {
    const type = typeOf(message.untrustedHeader);
    if (type === RESPONSE.watch) {
      this.onNotice(untrustedPathOf(message.untrustedHeader));
      return;
    }
    const [question] = this.#questions;
    if (question === undefined) {
      this.#break('it answered what was not asked');
    } else if (type === RESPONSE.error) {
      this.#questions.shift();
      question.reject(new QubesException(`QubesDB refused ${printable(question.path)}`));
    } else if (ANSWERS.get(question.command)?.includes(type) !== true) {
      this.#break('its answer is not one to the command');
    } else if (message.untrustedData === undefined) {
      this.#break('its answer is too long');
    } else if (this.#isLast(type, message)) {
      this.#questions.shift();
      question.resolve(isSeries(type) ? question.answers : [message]);
    } else if (question.answers.push(message) > MAX_ANSWERS) {
      this.#break('its answer is too long');
    }
  }

  #isLast(type: number, { untrustedHeader }: Message): boolean {
    return !isSeries(type) || untrustedPathOf(untrustedHeader) === '';
  }

  #break(reason: string): void {
    this.#fail(reason);
    this.#socket.destroy();
  }

  #fail(reason: string): void {
    for (const question of this.#questions.splice(0)) question.reject(this.#failure(reason));
  }

  #failure(reason: string): QubesException {
    return new QubesException(`Cannot use the QubesDB at ${printable(this.#path)}: ${reason}`);
  }
}

/** Whether answers of this type come in a series, up to one without a path. */
function isSeries(type: number): boolean {
  return type === RESPONSE.multiread || type === RESPONSE.list;
}
