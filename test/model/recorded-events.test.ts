import test from 'ava';
import type { ExecutionContext } from 'ava';
import * as z from 'zod';

import { createDisposable, createQube } from '../../lib/model/create-qube.ts';
import { removeQube } from '../../lib/model/remove-qube.ts';
import { readFixture } from '../support/model-fixture.ts';
import { SampleSystem } from '../support/sample-system.ts';
import type { WireEvent } from '../support/sample-system.ts';

const recorded = z.array(
  z.object({
    call: z.string(),
    dest: z.string(),
    payload: z.string(),
    events: z.array(z.tuple([z.string(), z.string(), z.record(z.string(), z.string())])),
  }),
);

type Call = (system: SampleSystem, name: string, text: string) => unknown;

/** What each recorded call does to the model; the argument is cut off. */
const CALLS: Readonly<Record<string, Call>> = {
  'admin.vm.tag.Set+t1': (system, name) => system.qube(name).tags.add('t1'),
  'admin.vm.tag.Remove+t1': (system, name) => system.qube(name).tags.delete('t1'),
  'admin.vm.feature.Set+f1': (system, name, text) => system.qube(name).features.set('f1', text),
  'admin.vm.feature.Remove+f1': (system, name) => system.qube(name).features.delete('f1'),
  'admin.vm.property.Set+memory': (system, name, text) => system.set(name, 'memory', text),
  'admin.vm.property.Reset+memory': (system, name) => reset(system, name, 'memory'),
  'admin.vm.property.Set+label': (system, name, text) => system.set(name, 'label', text),
  'admin.vm.property.Set+netvm': (system, name, text) => system.set(name, 'netvm', text),
  'admin.vm.property.Reset+netvm': (system, name) => reset(system, name, 'netvm'),
  'admin.property.Set+stats_interval': (system, _, text) =>
    system.setGlobal('stats_interval', text),
  'admin.property.Set+default_netvm': (system, _, text) => system.setGlobal('default_netvm', text),
  'admin.vm.Create.AppVM+fedora-41': ({ app }) =>
    createQube(app, {
      className: 'AppVM',
      name: 'evvm',
      label: app.label('red'),
      template: app.qubes.find('fedora-41'),
      createdBy: app.qubes.admin,
    }),
  'admin.vm.Remove': ({ app }, name) => removeQube(app, found(app.qubes.find(name))),
  'admin.vm.device.block.Assign+sys-net+sda': (system, name) =>
    system.qube(name).devices.assign(SDA),
  'admin.vm.device.block.Unassign+sys-net+sda': (system, name) =>
    system.qube(name).devices.unassign(SDA),
  'admin.label.Create+evlabel': ({ app }) => {
    app.labels = [...app.labels, { index: 9, name: 'evlabel', color: '0x123456' }];
  },
  'admin.vm.CreateDisposable': (system, name) =>
    createDisposable(system.app, system.qube(name), system.app.qubes.admin),
};

const SDA = {
  deviceClass: 'block',
  backend: 'sys-net',
  port: 'sda',
  device: '*',
  mode: 'auto-attach',
  options: new Map<string, string>(),
} as const;

/** Before the recording began, these were made and set. */
async function recordedSystem(t: ExecutionContext): Promise<SampleSystem> {
  const system = await SampleSystem.open(t);
  const { app } = system;
  for (const name of ['disp2595', 'disp3875', 'disp8589']) {
    const label = app.label('red');
    await createQube(app, { className: 'DispVM', name, label, createdBy: app.qubes.admin });
  }
  system.set('work', 'netvm', 'sys-net');
  system.setGlobal('stats_interval', '1');
  return system;
}

test('every change is told as the reference tells it', async (t) => {
  const system = await recordedSystem(t);
  for (const { call, dest, payload, events } of recorded.parse(
    await readFixture('events-by-call'),
  )) {
    const work = CALLS[call];
    if (work === undefined) continue;
    const heard = await system.eventsOf(() => work(system, dest, payload));
    t.deepEqual(inOrder(heard.map(nameless)), inOrder(events.map(nameless)), call);
  }
});

test('the recording has every call of this test', async (t) => {
  const calls = recorded.parse(await readFixture('events-by-call')).map(({ call }) => call);
  t.deepEqual(
    Object.keys(CALLS).filter((call) => !calls.includes(call)),
    [],
  );
});

function reset(system: SampleSystem, name: string, property: string): void {
  const qube = system.qube(name);
  system.app.apply(() => qube.reset({ name: property }));
}

/** Numbers of disposables are chosen by chance. */
function nameless([subject, event, payload]: WireEvent): WireEvent {
  const text = JSON.stringify([subject, event, payload]);
  return JSON.parse(
    text.replaceAll(/"disp(?!1234|2595|3875|8589)\d+"/g, '"disp0000"'),
  ) as WireEvent;
}

/** The order of the payload counts as well. */
function inOrder(events: readonly WireEvent[]): unknown {
  return events.map(([subject, event, payload]) => [subject, event, ...Object.entries(payload)]);
}

function found<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('It is not there');
  return value;
}
