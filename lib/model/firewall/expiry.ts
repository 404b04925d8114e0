import { LONGEST_MS } from '../../base/clock.ts';
import type { FirewallRule } from '../../base/firewall/rule.ts';
import type { Qube } from '../qube.ts';
import { removeExpired } from './firewall-file.ts';

const MILLISECONDS = 1000;

const timers = new WeakMap<Qube, NodeJS.Timeout>();

/**
 * Waits for the moment at which the first of these rules of a qube expires: it is taken off the
 * disk then, and out of the firewall. A wait for other rules of the qube ends.
 */
export function awaitExpiry(qube: Qube, rules: readonly FirewallRule[]): void {
  clearTimeout(timers.get(qube));
  timers.delete(qube);
  const times = rules.flatMap(({ expire = Infinity }) => expire);
  const next = times.reduce((first, time) => Math.min(first, time), Infinity);
  if (next === Infinity) return;
  // A rule holds during the whole of the millisecond it names.
  const delay = Math.max(next * MILLISECONDS - Date.now(), 0) + 1;
  const timer = setTimeout(
    () => {
      dropExpired(qube).catch((error: unknown) => {
        qube.system.log.error({ err: error }, `Cannot drop expired firewall rules of ${qube.name}`);
      });
    },
    Math.min(delay, LONGEST_MS),
  );
  timers.set(qube, timer.unref());
}

async function dropExpired(qube: Qube): Promise<void> {
  if (qube.presence !== 'listed') return;
  const { rules, isChanged } = await removeExpired(qube);
  awaitExpiry(qube, rules);
  if (isChanged) await qube.act('firewall-changed', {});
}
