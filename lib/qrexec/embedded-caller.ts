import { accept } from '../base/accept.ts';
import { reasonOf, UsageError } from '../base/errors.ts';
import type { PolicyCall } from '../policy/verdict.ts';
import { CallError, REFUSED } from './call-error.ts';
import type { QrexecCall, QrexecCaller, QrexecRequest } from './caller.ts';
import type { EmbeddedDoors } from './embedded-doors.ts';
import { placeInDom0, placeInQube } from './embedded-place.ts';
import { CalledNames, parseCalled } from './names.ts';
import { QrexecLog } from './qrexec-log.ts';
import { type Destination, judgedTarget, targetOfDom0 } from './resolve-target.ts';
import type { ServedCall } from './service-environment.ts';
import { startService } from './start-service.ts';

const DOM0 = 'dom0';

/** Whose calls are made, and in which system. */
export interface EmbeddedCallerFacts {
  /** Absolute path of the system's folder. */
  readonly root: string;
  /** Name of the qube that calls; dom0 unless told. */
  readonly source?: string;
  /** Undefined for a folder without a store, in which there is nothing but homes: only dom0 calls. */
  readonly doors?: EmbeddedDoors | undefined;
  /** The program `qrexec-client-vm` of embedded systems; undefined where it is not installed. */
  readonly client?: string | undefined;
}

/**
 * Calls the services of an embedded system: asks policy, sees to it that the target runs, finds the
 * service by the rules of qrexec, and connects its streams. This is no isolation: services are
 * processes of the person's own.
 */
export class EmbeddedCaller implements QrexecCaller {
  readonly #root: string;
  readonly #source: string;
  readonly #doors: EmbeddedDoors | undefined;
  readonly #client: string | undefined;
  readonly #log: QrexecLog;

  /** @throws UsageError for a qube of a folder without a store */
  constructor({ root, source = DOM0, doors, client }: EmbeddedCallerFacts) {
    if (doors === undefined && source !== DOM0) {
      throw new UsageError(`Cannot call as ${source}: there is no system in ${root}`);
    }
    this.#root = root;
    this.#source = source;
    this.#doors = doors;
    this.#client = client;
    this.#log = new QrexecLog(root);
  }

  async call(request: QrexecRequest): Promise<QrexecCall> {
    const { service, argument, target } = accept(CalledNames, request);
    const call = {
      service,
      argument,
      source: this.#source,
      target: target === '' ? '@default' : target,
    };
    try {
      const destination = await this.#destination(call, request.signal);
      const started = await this.#start(call, destination, request);
      await this.#log.tell(call, destination.reason);
      return started;
    } catch (error) {
      await this.#log.tell(call, reasonOf(error)).catch(() => undefined);
      throw error;
    }
  }

  async #destination(call: PolicyCall, signal: AbortSignal): Promise<Destination> {
    if (this.#source === DOM0 || this.#doors === undefined) return targetOfDom0(call.target);
    return judgedTarget(call, this.#doors, signal);
  }

  async #start(
    call: PolicyCall,
    { target, autostart, requestedTarget }: Destination,
    request: QrexecRequest,
  ): Promise<QrexecCall> {
    switch (target.kind) {
      case 'dom0':
        // Its services can be sockets of the host, which is there when it has judged the call.
        if (this.#source === DOM0) await this.#doors?.run(DOM0, autostart);
        return this.#inDom0({ ...call, requestedTarget }, request);
      case 'qube':
        await this.#doors?.run(target.name, autostart);
        return this.#inQube(target.name, call, request);
      case 'disposable':
        return this.#inDisposable(target.template, call, request);
      case 'default-disposable':
        return this.#inDisposable(undefined, call, request);
      case 'remote':
        await this.#doors?.run(target.relay, autostart);
        return this.#inQube(target.relay, { ...call, ...parseCalled(target.service) }, request);
    }
  }

  async #inDom0(call: ServedCall, request: QrexecRequest): Promise<QrexecCall> {
    const log = await this.#log.open();
    try {
      const place = await placeInDom0(this.#root, log.fd);
      return await startService(call, place, request);
    } finally {
      await log.close();
    }
  }

  async #inQube(name: string, call: PolicyCall, request: QrexecRequest): Promise<QrexecCall> {
    const place = await placeInQube(this.#root, {
      name,
      needsHome: this.#doors === undefined,
      client: this.#client,
    });
    return startService({ ...call, requestedTarget: undefined }, place, request);
  }

  async #inDisposable(
    template: string | undefined,
    call: PolicyCall,
    request: QrexecRequest,
  ): Promise<QrexecCall> {
    const doors = this.#doors;
    if (doors === undefined) {
      throw new CallError(REFUSED, `There are no disposables: there is no system in ${this.#root}`);
    }
    const name = await doors.makeDisposable(template);
    try {
      const started = await this.#inQube(name, call, request);
      const finished = started.finished.finally(() => doors.endDisposable(name));
      return { ...started, finished };
    } catch (error) {
      await doors.endDisposable(name);
      throw error;
    }
  }
}
