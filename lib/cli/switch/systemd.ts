import { execa } from 'execa';

import { NeedsError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Machine } from '../takeover/machine.ts';

/** What systemctl(1) ends with when it can say no. */
const NO = [1, 3, 4];

/** systemd, as far as units are switched. Of a machine that is not this one only files are changed. */
export interface Systemd {
  /** From now on, and at every start of the machine. */
  enable(units: readonly string[]): Promise<void>;
  disable(units: readonly string[]): Promise<void>;
  /** Ends a unit, and lets nothing start it. */
  mask(unit: string): Promise<void>;
  unmask(unit: string): Promise<void>;
  start(unit: string): Promise<void>;
  stop(units: readonly string[]): Promise<void>;
  isActive(unit: string): Promise<boolean>;
  /** Whether it is started with the machine. */
  isEnabled(unit: string): Promise<boolean>;
  /** Takes up changed files of units. */
  reload(): Promise<void>;
}

/** The systemd of a machine, by the program systemctl. */
export function systemdOf(machine: Machine): Systemd {
  const at = machine.isThis ? [] : [`--root=${machine.root}`];
  const ifRunning = async (args: readonly string[]): Promise<void> => {
    if (machine.isThis) await must(args);
  };
  // Not by --now, which fails in a root where systemd does not run: packages are removed there, too.
  const change = async (verb: string, units: readonly string[], then: string): Promise<void> => {
    await must([...at, verb, ...units]);
    await ifRunning([then, ...units]);
  };
  return {
    enable: (units) => change('enable', units, 'start'),
    disable: (units) => change('disable', units, 'stop'),
    mask: (unit) => change('mask', [unit], 'stop'),
    unmask: (unit) => must([...at, 'unmask', unit]),
    start: (unit) => ifRunning(['start', unit]),
    stop: (units) => ifRunning(['stop', ...units]),
    isActive: async (unit) => machine.isThis && (await ask(['is-active', '--quiet', unit])),
    isEnabled: (unit) => ask([...at, 'is-enabled', '--quiet', unit]),
    reload: () => ifRunning(['daemon-reload']),
  };
}

async function must(args: readonly string[]): Promise<void> {
  const { status, said } = await run(args);
  if (status === 0) return;
  const last = said.trim().split('\n').at(-1) ?? '';
  throw new NeedsError(
    `Cannot ${shown(args)}: ${printable(last === '' ? `status ${status}` : last)}`,
  );
}

async function ask(args: readonly string[]): Promise<boolean> {
  const { status, said } = await run(args);
  if (status !== 0 && !NO.includes(status)) {
    throw new NeedsError(`Cannot ${shown(args)}: ${printable(said.trim())}`);
  }
  return status === 0;
}

async function run(
  args: readonly string[],
): Promise<{ readonly status: number; readonly said: string }> {
  const { exitCode, stderr, code } = await execa('systemctl', args, {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  });
  if (exitCode !== undefined) return { status: exitCode, said: stderr };
  const reason = code === 'ENOENT' ? 'there is no such program' : (code ?? 'it was killed');
  throw new NeedsError(`Cannot run systemctl: ${reason}`, {
    hint: 'The host is enabled as a unit of systemd; without that, start qubes-rpcd yourself.',
  });
}

function shown(args: readonly string[]): string {
  return ['systemctl', ...args].join(' ');
}
