import type { AdminClient } from '../../admin/client.ts';
import { AdminError, QubesVMNotFoundError } from '../../base/admin-error.ts';
import { QubesRpcError } from '../../base/errors.ts';
import { CallError, REFUSED } from '../../qrexec/call-error.ts';

/** What a qube is in that can serve no call, and that starting does not change. */
const ASLEEP = ['Paused', 'Suspended'];

/** States in which a qube has to be started to serve a call. */
const OFF = ['Halted', 'Crashed', 'Dying'];

/** The qubes of a system, as calls need them. */
export class QubesOfCalls {
  readonly #client: AdminClient;

  /** @param client of dom0 */
  constructor(client: AdminClient) {
    this.#client = client;
  }

  /**
   * Sees to it that a qube runs.
   * @param mayStart whether it is started when it does not
   * @throws CallError when it does not run then
   */
  async run(name: string, mayStart: boolean): Promise<void> {
    const qube = this.#client.qube(name);
    try {
      const { powerState } = await qube.state();
      if (ASLEEP.includes(powerState)) {
        throw refused(name, `it is ${powerState.toLowerCase()}`);
      }
      if (!OFF.includes(powerState)) return;
      if (!mayStart) throw refused(name, 'it does not run, and is not to be started');
      await qube.start();
    } catch (error) {
      throw asRefusal(error, name);
    }
  }

  /**
   * Makes a disposable and starts it.
   * @param template undefined for the default one of dom0
   * @returns its name
   * @throws CallError
   */
  async makeDisposable(template: string | undefined): Promise<string> {
    const destination = template ?? 'dom0';
    let name: string | undefined;
    try {
      name = await this.#client.calls.text('admin.vm.CreateDisposable', { destination });
      await this.#client.qube(name).start();
      return name;
    } catch (error) {
      if (name !== undefined)
        await this.#client
          .qube(name)
          .remove()
          .catch(() => undefined);
      throw asRefusal(error, template ?? 'a disposable');
    }
  }

  /** Ends a disposable, which is removed with that; one that has gone already is no error. */
  async endDisposable(name: string): Promise<void> {
    await this.#client
      .qube(name)
      .kill()
      .catch(() => undefined);
  }
}

function refused(qube: string, reason: string, cause?: unknown): CallError {
  return new CallError(REFUSED, `Request refused: cannot call ${qube}: ${reason}`, { qube }, cause);
}

function asRefusal(error: unknown, qube: string): unknown {
  if (error instanceof QubesVMNotFoundError) return refused(qube, 'there is no such qube', error);
  if (error instanceof AdminError) return refused(qube, error.message, error);
  if (error instanceof QubesRpcError && !(error instanceof CallError)) {
    return refused(qube, error.message, error);
  }
  return error;
}
