import { PermissionDenied, ProtocolError, QubesVMNotFoundError } from '../base/admin-error.ts';
import type { AdminCalls } from './calls.ts';
import { DESCRIBE, parseDescriptions, type QubeDescription } from './description.ts';
import type { AdminEvent } from './event-frames.ts';
import { Labels } from './labels.ts';
import { createCall, type NewQube } from './new-qube.ts';
import { Pools } from './pools.ts';
import { Properties } from './properties.ts';
import { QubeClient } from './qube-client.ts';
import { parseQubeList, type QubeFacts } from './qube-facts.ts';
import { parseNames } from './reply-text.ts';

/**
 * The Admin API as its callers see it: our host's, or that of stock qubesd, by whatever transport.
 * Every method throws the AdminError that the daemon answers with, and NeedsError where there is no
 * daemon or its answer cannot be used.
 */
export class AdminClient {
  /** The global properties. */
  readonly system: Properties;
  readonly labels: Labels;
  readonly pools: Pools;
  /** For calls that have no method here. */
  readonly calls: AdminCalls;

  constructor(calls: AdminCalls) {
    this.calls = calls;
    this.system = new Properties(calls, undefined);
    this.labels = new Labels(calls);
    this.pools = new Pools(calls);
  }

  /** A qube by its name, which may be one that is not there. */
  qube(name: string): QubeClient {
    return new QubeClient(this.calls, name);
  }

  /** The qubes we may see, dom0 first, then by name. */
  async list(): Promise<readonly QubeFacts[]> {
    return parseQubeList(await this.calls.text('admin.vm.List'));
  }

  /** Names of the classes that qubes can be of. */
  async classes(): Promise<readonly string[]> {
    const method = 'admin.vmclass.List';
    return parseNames(method, await this.calls.text(method));
  }

  /** Names of the classes that devices can be of. */
  async deviceClasses(): Promise<readonly string[]> {
    const method = 'admin.deviceclass.List';
    return parseNames(method, await this.calls.text(method));
  }

  async create(wanted: NewQube): Promise<void> {
    await this.calls.text(...createCall(wanted));
  }

  /**
   * What happens from now on.
   * @param qube only what happens to that one; undefined for everything
   */
  events(qube?: string): AsyncGenerator<AdminEvent, void, undefined> {
    return this.calls.events('admin.Events', qube === undefined ? {} : { destination: qube });
  }

  /**
   * All qubes we may see with their properties, features and tags: by one call where the daemon
   * knows it, else by several for each qube.
   * @param qube only that one
   */
  async describe(qube = 'dom0'): Promise<readonly QubeDescription[]> {
    try {
      return parseDescriptions(await this.calls.text(DESCRIBE, { destination: qube }));
    } catch (error) {
      if (!isUnknownCall(error)) throw error;
    }
    const untrustedList = await this.calls.text('admin.vm.List', { destination: qube });
    const described: QubeDescription[] = [];
    for (const facts of parseQubeList(untrustedList)) {
      const found = await this.#describeOne(facts);
      if (found !== undefined) described.push(found);
    }
    return described;
  }

  /** @returns undefined for a qube that went away meanwhile */
  async #describeOne(facts: QubeFacts): Promise<QubeDescription | undefined> {
    const qube = this.qube(facts.name);
    try {
      const [properties, features, tags] = await Promise.all([
        qube.properties.getAll(),
        qube.features.getAll(),
        qube.tags.list(),
      ]);
      return { ...facts, properties, features, tags };
    } catch (error) {
      if (error instanceof QubesVMNotFoundError) return undefined;
      throw error;
    }
  }
}

/** Policy refuses what it does not know; a daemon says so. */
function isUnknownCall(error: unknown): boolean {
  return (
    error instanceof PermissionDenied ||
    (error instanceof ProtocolError && error.message.startsWith('no such method'))
  );
}
