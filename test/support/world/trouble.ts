/** What a host does outside, as far as it can take its time or fail. */
export const OPERATIONS = [
  'create',
  'unpause',
  'pause',
  'suspend',
  'destroy',
  'shutdown',
  'volume.create',
  'volume.start',
  'volume.stop',
  'volume.remove',
  'folder',
  'text',
  'database',
  'service',
  'shrink',
  'available',
  'save',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** What befalls the next operations of a kind. */
export interface Mishap {
  readonly operation: Operation;
  /** `hangs` ends when somebody gives up, or the qube ends. */
  readonly effect: 'fails' | 'slow' | 'hangs';
  readonly times: number;
}

/** Milliseconds that each operation takes; none by default. */
export type Durations = Partial<Record<Operation, number>>;

const SLOW_MS = 45_000;

/** How the outside behaves towards a host. */
export class Trouble {
  durations: Durations = {};
  readonly #coming: { operation: Operation; effect: Mishap['effect']; times: number }[] = [];
  /** Which operations have failed, and how often. */
  readonly failed = new Map<Operation, number>();

  add(mishap: Mishap): void {
    this.#coming.push({ ...mishap });
  }

  /** From now on all goes well. */
  heal(): void {
    this.#coming.length = 0;
  }

  /** What becomes of an operation that begins now. */
  next(operation: Operation): { readonly ms: number; readonly effect: Mishap['effect'] | 'works' } {
    const usual = this.durations[operation] ?? 0;
    const mishap = this.#coming.find((one) => one.operation === operation && one.times > 0);
    if (mishap === undefined) return { ms: usual, effect: 'works' };
    mishap.times--;
    if (mishap.effect === 'fails') {
      this.failed.set(operation, (this.failed.get(operation) ?? 0) + 1);
    }
    return { ms: usual + (mishap.effect === 'slow' ? SLOW_MS : 0), effect: mishap.effect };
  }
}
