import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { EventReader } from '../../lib/admin/event-frames.ts';
import type { AdminEvent } from '../../lib/admin/event-frames.ts';
import type { Permitted } from '../../lib/rpc/permitted.ts';
import { ADMIN_SERVICES } from '../../services/index.ts';
import { exchange } from '../support/embedded-system.ts';
import type { SampleSystem } from '../support/sample-system.ts';
import { RawClient, serveSocket } from '../support/served-socket.ts';

async function serve(t: ExecutionContext, permitted?: Permitted) {
  const options = permitted === undefined ? {} : { permitted };
  const { path, host, system } = await serveSocket(t, ADMIN_SERVICES, {
    ...options,
    limits: { sweepMs: 20 },
  });
  const subscribe = async (source: string, destination: string): Promise<RawClient> => {
    const client = await RawClient.connect(path);
    client.end(`admin.Events+ ${source} name ${destination}\0`);
    await client.until((text) => text.includes('connection-established'));
    return client;
  };
  return { path, host, system, subscribe };
}

/** Sets a feature of dom0, which a subscriber of dom0 sees last, and returns all events before it. */
async function seen(client: RawClient, system: SampleSystem): Promise<AdminEvent[]> {
  system.setFeature('dom0', 'last', '1');
  await client.until((text) => text.includes('domain-feature-set:last'));
  return eventsOf(client).filter(({ event }) => !event.endsWith(':last'));
}

function eventsOf(client: RawClient): AdminEvent[] {
  return [...new EventReader().push(Buffer.from(client.received, 'latin1'))];
}

const names = (events: readonly AdminEvent[]): string[] =>
  events.map(({ subject, event }) => `${subject} ${event}`.trim());

test('dom0 hears of everything, in the bytes of the reference', async (t) => {
  const { system, subscribe } = await serve(t);
  const client = await subscribe('dom0', 'dom0');
  t.is(client.received, '1\0\0connection-established\0\0');
  system.set('work', 'memory', '444');
  await client.until((text) => text.includes('property-set:memory'));
  const payload = 'name\0memory\0newvalue\x00444\0oldvalue\x00400\0\0';
  t.is(
    client.received,
    [
      '1\0\0connection-established\0\0',
      `1\0work\0property-pre-set:memory\0${payload}`,
      `1\0work\0property-set:memory\0${payload}`,
    ].join(''),
  );
  client.destroy();
});

test('a qube as destination: only what happens to it', async (t) => {
  const { system, subscribe } = await serve(t);
  const client = await subscribe('dom0', 'work');
  system.setFeature('vault', 'f', '1');
  system.setGlobal('stats_interval', '70');
  system.setFeature('work', 'f', '1');
  await client.until((text) => text.includes('domain-feature-set:f'));
  t.deepEqual(names(eventsOf(client)), [
    'connection-established',
    'work domain-feature-pre-set:f',
    'work domain-feature-set:f',
  ]);
  client.destroy();
});

test('questions that the model is asked are never sent', async (t) => {
  const { system, subscribe, path } = await serve(t);
  const client = await subscribe('dom0', 'dom0');
  await exchange(path, 'admin.vm.feature.List dom0 name work\0');
  const about = system.qube('work');
  for (const event of [
    'device-get:block',
    'device-list:block',
    'device-list-attached:block',
    'domain-is-fully-usable',
  ]) {
    about.announce(event, {});
  }
  about.announce('device-list-change:block', {});
  t.deepEqual(names(await seen(client, system)), [
    'connection-established',
    'work device-list-change:block',
  ]);
  client.destroy();
});

test('a qube hears what policy lets it hear, asked event by event', async (t) => {
  const asked: string[] = [];
  const { system, subscribe } = await serve(t, (caller, rpc, argument, target) => {
    asked.push(`${caller} ${rpc}+${argument} ${target}`);
    return target === 'vault' || argument === 'property-set_stats_interval';
  });
  const client = await subscribe('work', 'dom0');
  system.setFeature('work', 'f', '1');
  system.setGlobal('stats_interval', '70');
  system.setFeature('vault', 'end', '1');
  await client.until((text) => text.includes('domain-feature-set:end'));
  t.deepEqual(names(eventsOf(client)), [
    'connection-established',
    'property-set:stats_interval',
    'vault domain-feature-pre-set:end',
    'vault domain-feature-set:end',
  ]);
  t.deepEqual(asked, [
    'work admin.Events+domain-feature-pre-set_f work',
    'work admin.Events+domain-feature-set_f work',
    'work admin.Events+property-pre-set_stats_interval @adminvm',
    'work admin.Events+property-set_stats_interval @adminvm',
    'work admin.Events+domain-feature-pre-set_end vault',
    'work admin.Events+domain-feature-set_end vault',
  ]);
  client.destroy();
});

test('what the system tells of a qube is judged as an event of that qube', async (t) => {
  const targets: string[] = [];
  const { path, subscribe } = await serve(t, (_caller, _rpc, argument, target) => {
    if (argument.startsWith('domain-') && !argument.includes('tag')) targets.push(target);
    return true;
  });
  const client = await subscribe('work', 'dom0');
  await exchange(path, 'admin.vm.Create.AppVM dom0 name dom0\0name=new-one label=red');
  await client.until((text) => text.includes('domain-create-on-disk'));
  const added = eventsOf(client).find(({ event }) => event === 'domain-add');
  t.deepEqual(added?.payload, new Map([['vm', 'new-one']]));
  t.true(targets.includes('new-one'));
  t.false(targets.includes('@adminvm'));
  client.destroy();
});

test('a subscriber that goes away is forgotten, though nothing happens', async (t) => {
  const { host, subscribe } = await serve(t);
  const client = await subscribe('dom0', 'dom0');
  t.is(host.quietMs, 0);
  client.destroy();
  const end = Date.now() + 5000;
  while (host.quietMs === 0 && Date.now() < end) await sleep(10);
  t.true(host.quietMs > 0);
});

test('an argument or a payload is refused', async (t) => {
  const { path } = await serve(t);
  for (const [request, message] of [
    ['admin.Events+x dom0 name dom0\0', 'unexpected argument'],
    ['admin.Events dom0 name dom0\0x', 'unexpected payload'],
  ] as const) {
    const reply = Buffer.from(await exchange(path, request)).toString();
    t.is(reply, `2\0ProtocolError\0\0${message}\0`);
  }
});
