import type { XmlElement } from '../../../lib/base/xml/xml.ts';
import { createLog } from '../../../lib/base/log.ts';
import { AdminError } from '../../../lib/base/admin-error.ts';
import { QubesRpcError } from '../../../lib/base/errors.ts';
import { parseReply } from '../../../lib/admin/frames.ts';
import { App } from '../../../lib/model/app.ts';
import type { Doors } from '../../../lib/model/app.ts';
import { followMachine } from '../../../lib/model/power/follow-machine.ts';
import { readStore } from '../../../lib/model/store/read-store.ts';
import { StoreSaver } from '../../../lib/model/store/store-saver.ts';
import { StoreWriter } from '../../../lib/model/store/store-writer.ts';
import { Dispatcher } from '../../../lib/rpc/dispatch.ts';
import { ADMIN_SERVICES } from '../../../services/index.ts';
import type { Life } from './life.ts';

/** A call of the Admin API. */
export interface WorldCall {
  readonly service: string;
  readonly argument?: string;
  /** dom0 by default. */
  readonly source?: string;
  readonly destination?: string;
  readonly payload?: string;
}

/** What a call was answered: the content, or the name of the error on the wire and its message. */
export interface WorldReply {
  readonly content: string;
  readonly error: string | undefined;
}

/** A fault in the program: there is no answer. */
const NO_ANSWER: WorldReply = { content: '', error: 'no answer' };

/** A host of a world, as `qubes-rpcd` puts one together. */
export class WorldHost {
  readonly app: App;
  readonly life: Life;
  readonly #dispatcher: Dispatcher;

  /**
   * @param store as it is on disk
   * @param save is given each new one
   * @param onFault is told of what was logged that is no failure of the outside
   */
  constructor(
    store: XmlElement,
    doors: Doors,
    life: Life,
    save: (bytes: Buffer) => void,
    onFault: (error: unknown) => void,
  ) {
    this.life = life;
    const log = createLog(() => undefined);
    log.level = 'silent';
    log.error = (facts: { readonly err?: unknown }) => {
      const isOutside = facts.err instanceof AdminError || facts.err instanceof QubesRpcError;
      if (!isOutside && !life.isOver) onFault(facts.err);
    };
    this.app = new App(doors, log);
    const rest = readStore(this.app, store, () => undefined);
    const replace = (bytes: Buffer): Promise<void> => {
      // The writer uses its memory again.
      const copy = Buffer.from(bytes);
      return life.do('save', () => save(copy));
    };
    const saver = new StoreSaver(this.app, new StoreWriter(this.app, rest), { replace });
    this.app.saveWith(() => saver.save());
    followMachine(this.app);
    const permitted = (): boolean => true;
    this.#dispatcher = new Dispatcher({ app: this.app, permitted, log }, ADMIN_SERVICES);
  }

  /** Makes a call; one to a host that dies meanwhile is never answered. */
  async ask(call: WorldCall): Promise<WorldReply> {
    const { service, argument = '', source = 'dom0', destination = 'dom0', payload = '' } = call;
    const header = `${service}+${argument} ${source} name ${destination}\0`;
    const { signal } = new AbortController();
    const frame = await this.#dispatcher.answer(Buffer.from(header + payload), {
      signal,
      send: () => undefined,
    });
    if (this.life.isOver) return new Promise(() => undefined);
    if (frame === undefined) return NO_ANSWER;
    try {
      return { content: Buffer.from(parseReply(frame)).toString(), error: undefined };
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      return { content: error.message, error: error.wireName };
    }
  }
}
