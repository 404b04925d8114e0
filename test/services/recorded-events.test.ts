import { readFile } from 'node:fs/promises';

import test from 'ava';
import * as z from 'zod';

import { EventReader } from '../../lib/admin/event-frames.ts';
import { ADMIN_SERVICES } from '../../services/index.ts';
import { DISKS } from '../support/device-system.ts';
import { exchange } from '../support/embedded-system.ts';
import { RawClient, serveSocket } from '../support/served-socket.ts';

const RECORDING = new URL('../fixtures/admin/events-by-call.json', import.meta.url);

const Recorded = z.array(
  z.object({
    call: z.string(),
    dest: z.string(),
    payload: z.string(),
    events: z.array(
      z.object({
        subject: z.string(),
        event: z.string(),
        kwargs: z.record(z.string(), z.string()),
      }),
    ),
  }),
);

type Events = readonly (readonly [subject: string, event: string, ...facts: [string, string][]])[];

/** A feature that is set after each call: its event comes last. */
const END = 'end-of-call';

/** Qubes and values that were there before the recording began. */
const BEFORE: readonly (readonly [header: string, payload: string])[] = [
  ...['disp2595', 'disp3875', 'disp8589'].map(
    (name) => ['admin.vm.Create.DispVM+ dom0 name dom0', `name=${name} label=red`] as const,
  ),
  ['admin.vm.property.Set+netvm dom0 name work', 'sys-net'],
  ['admin.property.Set+stats_interval dom0 name dom0', '1'],
  ['admin.vm.volume.Resize+private dom0 name personal', '1073741824'],
  ['admin.vm.Start+ dom0 name sys-net', ''],
];

test('a subscriber hears of every recorded call what the reference told, in its order', async (t) => {
  const { path, system } = await serveSocket(t, ADMIN_SERVICES);
  const ask = async (header: string, payload: string): Promise<void> => {
    const reply = Buffer.from(await exchange(path, `${header}\0${payload}`)).toString();
    t.regex(reply, /^0\0(?:disp\d+)?$/, header);
  };
  for (const [header, payload] of BEFORE) await ask(header, payload);
  const database = await system.app.qubesdb.open('sys-net');
  for (const [path, value] of Object.entries(DISKS)) {
    await database?.write(`/qubes-block-devices/${path}`, value);
  }
  const client = await RawClient.connect(path);
  client.end('admin.Events+ dom0 name dom0\0');
  const reader = new EventReader();
  let seen = 0;
  const heard = async (): Promise<Events> => {
    const end = `domain-feature-set:${END}\0`;
    await ask(`admin.vm.feature.Set+${END} dom0 name dom0`, '');
    await client.until((text) => text.includes(end, seen) && text.endsWith('\0\0'));
    const fresh = client.received.slice(seen);
    seen = client.received.length;
    return [...reader.push(Buffer.from(fresh, 'latin1'))]
      .filter(({ event }) => !event.endsWith(`:${END}`))
      .map(({ subject, event, payload }) => [subject, event, ...payload] as const)
      .map(nameless);
  };
  t.deepEqual(await heard(), [['', 'connection-established']]);
  let compared = 0;
  for (const { call, dest, payload, events } of Recorded.parse(
    JSON.parse(await readFile(RECORDING, 'utf8')),
  )) {
    const [, method = '', argument = ''] = /^([^+]+)\+?(.*)$/.exec(call) ?? [];
    await ask(
      `${method}+${argument} dom0 name ${dest}`,
      payload.replaceAll('/var/lib/qubes', system.root),
    );
    const expected: Events = events.map(({ subject, event, kwargs }) => [
      subject,
      event,
      ...Object.entries(kwargs),
    ]);
    t.deepEqual(await heard(), expected.map(nameless), call);
    compared++;
  }
  t.is(compared, 36);
  client.destroy();
});

/** The number of a new disposable is chosen by chance. */
function nameless(event: Events[number]): Events[number] {
  const text = JSON.stringify(event);
  return JSON.parse(
    text.replaceAll(/"disp(?!1234|2595|3875|8589)\d+"/g, '"disp0000"'),
  ) as Events[number];
}
