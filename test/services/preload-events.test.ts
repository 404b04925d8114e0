import { readFileSync } from 'node:fs';

import test from 'ava';
import * as z from 'zod';

import { pythonStr } from '../../lib/base/python-text.ts';
import { recordedWorld } from '../support/recorded-world.ts';
import type { PreloadWorld } from '../support/preload-world.ts';
import { callerOf } from '../support/world-caller.ts';

const FILE = new URL('../fixtures/admin/preload-events.json', import.meta.url);

const Call = z.tuple([z.string(), z.string(), z.string()]);
const Event = z.tuple([z.string(), z.string(), z.record(z.string(), z.string())]);

/**
 * What the reference told a subscriber of preloading, call by call, until nothing more came for some
 * seconds. A new disposable is named by the order in which it appeared: dispN1.
 */
const Recording = z.array(
  z.object({
    title: z.string(),
    /** What became of the services that are waited for. */
    services: z.optional(z.enum(['fail', 'take their time'])),
    before: z.array(Call),
    steps: z.array(
      z.object({
        call: z.string(),
        dest: z.string(),
        payload: z.string(),
        response: z.string(),
        quietSeconds: z.number(),
        events: z.array(Event),
      }),
    ),
  }),
);

type Told = z.infer<typeof Event>;

const SCENARIOS = Recording.parse(JSON.parse(readFileSync(FILE, 'utf8')));

/** Where we tell something else; `docs/differences.md` says why. */
interface Difference {
  readonly title: string;
  /** How the call begins. */
  readonly call: string;
  /** What of one qube is told in another order. */
  readonly isUnordered?: boolean;
  /** What only we tell. */
  readonly more?: (told: Told) => boolean;
  /** From here on ours goes another way. */
  readonly isEnd?: boolean;
}

const DIFFERENT: readonly Difference[] = [
  // What it does on that occasion is told first.
  {
    title: 'one is preloaded, requested and replaced',
    call: 'admin.vm.Unpause',
    isUnordered: true,
  },
  // One that is killed is replaced.
  {
    title: 'two are preloaded by a call',
    call: 'admin.vm.Kill',
    isUnordered: true,
    more: ([, , { reason }]) => reason === 'there is a gap',
  },
  // It leaves the list at once.
  { title: 'the start fails', call: 'admin.vm.', isUnordered: true },
  {
    title: 'it ceases to be a template, and goes',
    call: 'admin.vm.property.Reset',
    more: ([, event]) => event === 'property-reset:icon',
  },
  // The stock goes before its template, not after it.
  {
    title: 'it ceases to be a template, and goes',
    call: 'admin.vm.Remove',
    more: ([subject]) => subject === 'dvm2',
  },
  // Those that go by it are told.
  {
    title: 'the template changes',
    call: 'admin.vm.property.Set+memory',
    more: ([, event]) => event === 'property-reset:memory',
  },
  // What is outdated is found out when the change is on disk.
  { title: 'the template changes', call: 'admin.vm.property.Set+debug', isUnordered: true },
  // They are replaced at once, not when the next is asked for.
  { title: 'volumes are outdated', call: 'admin.vm.volume.Resize', isEnd: true },
];

/** Time passes in such steps until nothing has been told for long enough. */
const STEP_MS = 100;

for (const { title, services, before, steps } of SCENARIOS) {
  test(`what is told of preloading is what the reference tells: ${title}`, async (t) => {
    const world = recordedWorld();
    const caller = callerOf(t, world);
    for (const [call, dest, payload] of before) await caller.call(`${call} ${dest} ${payload}`);
    await world.pass(60_000);
    if (services === 'fail')
      world.trouble.add({ operation: 'service', effect: 'fails', times: 99 });
    if (services === 'take their time') world.trouble.durations = { service: 1500 };
    const ear = new Ear(world);
    for (const step of steps) {
      const reply = await caller.call(`${step.call} ${ear.realName(step.dest)} ${step.payload}`);
      const heard = await ear.untilQuiet(step.quietSeconds * 1000);
      t.is(`0\0${ear.neutral(reply)}`, step.response);
      const difference = DIFFERENT.find(
        (one) => one.title === title && step.call.startsWith(one.call),
      );
      if (difference?.isEnd === true) break;
      const compared = (told: readonly Told[]): Record<string, readonly string[]> =>
        bySubject(
          told.filter((line) => difference?.more?.(line) !== true),
          difference,
        );
      t.deepEqual(compared(heard), compared(step.events), `${step.call} ${step.dest}`);
    }
    t.deepEqual(world.faults, []);
  });
}

/** Hears what is told in a world, with the names of the recording. */
class Ear {
  readonly #world: PreloadWorld;
  readonly #names = new Map<string, string>();
  #heard: Told[] = [];

  constructor(world: PreloadWorld) {
    this.#world = world;
    world.host.app.addObserver((subject, event, payload) => {
      if (event.startsWith('admin-permission:')) return;
      const facts = Object.entries(payload).filter(([, value]) => value !== undefined);
      const told: Told = [
        subject?.name ?? '',
        event,
        Object.fromEntries(facts.map(([key, value]) => [key, pythonStr(value)])),
      ];
      this.#heard.push(Event.parse(JSON.parse(this.neutral(JSON.stringify(told)))));
    });
  }

  neutral(text: string): string {
    return text.replaceAll(/\bdisp\d+\b/g, (name) => {
      if (name === 'disp1234') return name;
      const known = this.#names.get(name) ?? `dispN${this.#names.size + 1}`;
      this.#names.set(name, known);
      return known;
    });
  }

  realName(neutral: string): string {
    for (const [name, known] of this.#names) if (known === neutral) return name;
    return neutral;
  }

  async untilQuiet(ms: number): Promise<readonly Told[]> {
    for (let quiet = 0, seen = -1; quiet < ms; quiet += STEP_MS) {
      await this.#world.pass(STEP_MS);
      if (this.#heard.length !== seen) quiet = 0;
      seen = this.#heard.length;
    }
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }
}

/** Marks what is being removed, so that a host that is started meanwhile goes on with it. */
const MARK = /^domain-feature-(pre-)?set:preload-dispvm-in-progress .* value=1 oldvalue=/;

/** What is done at the same time is told in another order; what is told of one qube is not. */
function bySubject(
  events: readonly Told[],
  { isUnordered = false }: Partial<Difference> = {},
): Record<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const [subject, event, facts] of events) {
    const of = subject === '' ? `the system, of ${facts['vm'] ?? 'itself'}` : subject;
    const line = [event, ...Object.entries(facts).map((pair) => pair.join('='))].join(' ');
    // What a service says is its own.
    found.set(of, [...(found.get(of) ?? []), line.replace(/(?<=during preload startup: ).*/, '')]);
  }
  for (const [subject, lines] of found) {
    const isRemoved = lines.includes('domain-shutdown');
    const left = isRemoved ? lines.filter((line) => !MARK.test(line)) : lines;
    found.set(subject, isUnordered ? left.toSorted() : left);
  }
  return Object.fromEntries([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
