import type { App } from '../model/app.ts';
import { relayvm, transportRpc } from '../model/classes/remote-vm.ts';
import { powerState } from '../model/power-state.ts';
import { defaultDispvm } from '../model/properties/local.ts';
import { templateForDispvms } from '../model/properties/template-for-dispvms.ts';
import type { Qube } from '../model/qube.ts';
import type { QubeFacts, SystemFacts } from '../policy/system-facts.ts';

/** What policy has to know of the qubes, as they are when it is asked for. */
export function policyFacts({ qubes }: App): SystemFacts {
  const known = new WeakMap<Qube, QubeFacts>();
  const factsOf = (qube: Qube): QubeFacts => {
    const facts = known.get(qube) ?? new LiveFacts(qube);
    known.set(qube, facts);
    return facts;
  };
  return {
    find: (text) => {
      const qube = qubes.find(text);
      return qube && factsOf(qube);
    },
    get qubes() {
      return [...qubes].map(factsOf);
    },
  };
}

/** What policy has to know of one qube, as it is when it is asked for. */
export class LiveFacts implements QubeFacts {
  readonly #qube: Qube;

  constructor(qube: Qube) {
    this.#qube = qube;
  }

  get name(): string {
    return this.#qube.name;
  }

  get uuid(): string {
    return this.#qube.uuid;
  }

  get className(): string {
    return this.#qube.className;
  }

  get tags(): ReadonlySet<string> {
    return new Set(this.#qube.tags);
  }

  get templateForDispvms(): boolean {
    return this.#qube.find(templateForDispvms) ?? false;
  }

  get defaultDispvm(): string | undefined {
    return this.#qube.find(defaultDispvm)?.name;
  }

  get isInternal(): boolean {
    return (this.#qube.features.get('internal') ?? '') !== '';
  }

  get isRunning(): boolean {
    return powerState(this.#qube) === 'Running';
  }

  get relayvm(): string | undefined {
    return this.#qube.find(relayvm)?.name;
  }

  get transportRpc(): string | undefined {
    return this.#qube.find(transportRpc) || undefined;
  }
}
