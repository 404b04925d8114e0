import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import * as z from 'zod';

import { EmbeddedHypervisor } from '../../lib/hypervisor/embedded-hypervisor.ts';
import { openSystem } from '../support/admin-system.ts';

const FILE = join(import.meta.dirname, '..', 'fixtures', 'admin', 'probes.jsonl');

const Probe = z.object({
  header: z.string(),
  payload: z.optional(z.string()),
  payload_base64: z.optional(z.string()),
  response: z.string(),
});

/** Single calls with ordinary and odd input, made one after another, and what the
 * reference answered. Qubes are halted in it, and those that were made by calls not served yet are
 * taken out. */
const PROBES = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Probe.parse(JSON.parse(line)))
  .map(({ header, payload, payload_base64: base64, response }) => ({
    header,
    payload: base64 === undefined ? Buffer.from(payload ?? '') : Buffer.from(base64, 'base64'),
    response,
  }));

/** The machine they were recorded on; as here, no qube runs. */
class RecordedMachine extends EmbeddedHypervisor {
  override readonly host = {
    memoryKiB: 16384 * 1024,
    cpus: 4,
    adminMemoryMiB: 4096,
    balancesMemory: true,
  };
}

/** Where we answer otherwise, and why; `said` is what the reference says. */
const MENDED: readonly {
  readonly call: RegExp;
  readonly payload?: string;
  readonly said: string | RegExp;
  readonly ours: string | RegExp;
}[] = [
  // The texts are our own.
  { call: /^admin\.(vm\.)?property\.Help\+/, said: /^0\0\w/, ours: /^0\0[A-Z].*\.$/ },
  // Bad input is an error, and no failure of the daemon.
  {
    call: /property\.Set\+mac/,
    payload: 'zz',
    said: '',
    ours: '2\0QubesValueError\0\0Invalid MAC address value\0',
  },
  {
    call: /property\.(Set\+(qid|name)|Reset\+name)/,
    said: '',
    ours: /^2\0QubesPropertyValueError\0\0property '(qid|name)' is write-once and already set\0$/,
  },
  {
    call: /^admin\.vm\.Create\.AppVM\+fedora-41/,
    payload: '',
    said: '',
    ours: '2\0ProtocolError\0\0Creation requested without key: name\0',
  },
  {
    call: /^admin\.vm\.Create\.AppVM\+fedora-41/,
    payload: 'garbage',
    said: '',
    ours: '2\0ProtocolError\0\0Options must be separated by equal sign\0',
  },
  {
    call: /^admin\.vm\.tag\.Set\+created-by-x/,
    said: '',
    ours: "2\0QubesVMNotFoundError\0\0No such domain: 'x'\0",
  },
  {
    call: / keyword foo$/,
    said: '',
    ours: '2\0ProtocolError\0\0framing error: only a destination by name is supported\0',
  },
  // The label that is not there is named.
  {
    call: /^admin\.vm\.Create\.AppVM\+fedora-41/,
    payload: 'name=c3 label=nolabel',
    said: '2\0ProtocolError\0\0Creation requested without key: label\0',
    ours: '2\0QubesLabelNotFoundError\0\0Label does not exist: nolabel\0',
  },
  // A message does not show the inside of the daemon.
  {
    call: /property\.Set\+template/,
    payload: '',
    said: /of <AppVM at 0x/,
    ours: "2\0QubesPropertyValueError\0\0Invalid value None for property 'template' of 'work'\0",
  },
  {
    call: /^admin\.vm\.Create\.AppVM\+work/,
    said: /domains\[<AppVM at 0x/,
    ours: "2\0QubesPropertyValueError\0\0wrong VM class: domains['work'] is of type AppVM and not TemplateVM\0",
  },
  // A qube keeps its label: without one, nothing can be told of any qube.
  {
    call: /property\.Reset\+label/,
    said: '0\0',
    ours: '2\0QubesValueError\0\0Cannot unset label\0',
  },
  {
    call: /property\.Get\+label/,
    said: '0\0default=True type=label ',
    ours: '0\0default=False type=label green',
  },
  { call: /^internal\.GetSystemInfo/, said: '', ours: /^0\0\{"domains": / },
  // A system without network, or whose daemon is kept busy by its own reports, is prevented.
  {
    call: /property\.Set\+default_netvm/,
    payload: 'vault',
    said: '0\0',
    ours: '2\0QubesValueError\0\0The vault qube does not provide network\0',
  },
  {
    call: /property\.Set\+stats_interval/,
    payload: '-1',
    said: '0\0',
    ours: '2\0QubesPropertyValueError\0\0stats_interval must be positive\0',
  },
  // The colour of a new label can be read, and is kept without the space around it.
  { call: /^admin\.label\.Get\+mylabel/, said: '', ours: '0\x000xabcdef' },
  { call: /^admin\.label\.Get\+my2/, said: '', ours: '0\x000xABCDEF' },
  // What needs the qube is named.
  {
    call: /^admin\.vm\.Remove\+ dom0 name (fedora-41|sys-net)$/,
    said: /in dom0 for details\0$/,
    ours: /in dom0 for details: used by (default_template|clockvm) of the system, .*\0$/,
  },
  // A bad rule is named by its number, and why it is one.
  {
    call: /^admin\.vm\.firewall\.Set\+ dom0 name work$/,
    said: '',
    ours: /^2\0QubesValueError\0\0Rule 1: .+\0$/,
  },
  {
    call: /^admin\.vm\.firewall\.Get\+ dom0 name remote1$/,
    said: '',
    ours: '2\0QubesNotImplementedError\0\0A RemoteVM has no firewall\0',
  },
  // Notes can be emptied, and the message has no word of Python.
  { call: /^admin\.vm\.notes\.Set/, payload: '', said: /expected payload/, ours: '0\0' },
  {
    call: /^admin\.vm\.notes\.Set/,
    said: /codec can't decode/,
    ours: '2\0ProtocolError\0\0Unable to sanitise qube notes: not valid UTF-8\0',
  },
];

test('odd calls are answered as the reference answers them', async (t) => {
  const { ask, logged } = await openSystem(t, { hypervisor: new RecordedMachine('/') });
  const used = new Set<object>();
  const differences: object[] = [];
  for (const { header, payload, response } of PROBES) {
    const reply = await ask(header, payload);
    const mended = MENDED.find(
      (one) =>
        one.call.test(header) &&
        (one.payload === undefined || one.payload === payload.toString()) &&
        fits(response, one.said),
    );
    if (mended !== undefined) used.add(mended);
    const expected = mended?.ours ?? withoutChance(response);
    if (fits(withoutChance(reply), expected)) continue;
    differences.push({ call: `${header} <- ${payload.toString()}`, reply, expected });
  }
  t.deepEqual(differences, []);
  t.is(used.size, MENDED.length, 'every difference is met');
  t.deepEqual(logged, []);
});

function fits(text: string, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? text === expected : expected.test(text);
}

/** Without what is drawn or counted, and with tags in order: the reference keeps them in none. */
function withoutChance(text: string): string {
  return (
    text
      .replace(/(dispid default=False type=int )\d+/, '$1N')
      .replace(/((?:visible_)?ip default=True type=str 10\.138\.)\d+\.\d+/g, '$1N')
      .replace(/cputime=\d+/, 'cputime=N')
      // The tag it refused to set.
      .replace('"created-by-x", ', '')
      .replace(/"tags": \[([^\]]*)\]/g, (_, tags: string) => tags.split(', ').sort().join(', '))
  );
}
