import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { adminCall, makeSystem, startHost } from '../support/embedded-system.ts';
import { sessionStore } from '../support/recorded-session.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const KILLS = 200;
const WRITERS = 4;
/** Longest time a host lives under load, in milliseconds. */
const LIFE_MS = 120;

/** What one writer knows: the last value that was acknowledged, and the last that was sent. */
interface Progress {
  acknowledged: number;
  sent: number;
}

test(`a host killed ${KILLS} times under write load keeps every acknowledged write`, async (t) => {
  t.timeout(600_000);
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const progress: Progress[] = Array.from({ length: WRITERS }, () => ({
    acknowledged: 0,
    sent: 0,
  }));
  let torn = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const host = await startHost(root);
    await checkKept();
    const writers = progress.map((one, writer) => writeUntilKilled(one, writer));
    await sleep(Math.random() * LIFE_MS);
    host.kill('SIGKILL');
    await host.finished;
    await Promise.all(writers);
    torn += progress.filter(({ acknowledged, sent }) => sent > acknowledged).length;
  }
  const host = await startHost(root);
  await checkKept();
  host.kill('SIGTERM');
  t.is(await host.finished, 0);
  const writes = progress.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  t.log(`${writes} acknowledged writes, ${torn} cut off by a kill`);
  t.true(writes > KILLS, 'the load was real');

  async function writeUntilKilled(one: Progress, writer: number): Promise<void> {
    for (;;) {
      one.sent++;
      const reply = await adminCall(root, {
        method: 'admin.vm.feature.Set',
        argument: `writer-${writer}`,
        destination: 'work',
        payload: String(one.sent),
      }).catch(() => '');
      if (reply !== '0\0') return;
      one.acknowledged = one.sent;
    }
  }

  /** What was acknowledged is there; what was cut off may be, and counts from then on. */
  async function checkKept(): Promise<void> {
    for (const [writer, one] of progress.entries()) {
      const reply = await adminCall(root, {
        method: 'admin.vm.feature.Get',
        argument: `writer-${writer}`,
        destination: 'work',
      });
      const kept = reply.startsWith('0\0') ? Number(reply.slice(2)) : 0;
      t.true(
        kept === one.acknowledged || kept === one.sent,
        `writer ${writer}: ${kept} kept, ${one.acknowledged} acknowledged, ${one.sent} sent`,
      );
      one.acknowledged = kept;
      one.sent = kept;
    }
  }
});
