import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { loadPolicy } from '../../lib/policy/load-policy.ts';
import type { Policy } from '../../lib/policy/policy.ts';
import { targetKey } from '../../lib/policy/resolve-target.ts';
import { parseSystemFacts, type SystemFacts } from '../../lib/policy/system-facts.ts';
import type { Verdict } from '../../lib/policy/verdict.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Test = Parameters<typeof temporaryFolder>[0];

/** Writes policy files, by their paths: `etc/…`, `run/…`, and `old/…` for those of Qubes 4.0. */
export async function policyFiles(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const root = await temporaryFolder(t);
  await mkdir(join(root, 'etc'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** Loads what `policyFiles` has written; those in `run/` take the place of those in `etc/`. */
export function loadFrom(root: string): Policy {
  return loadPolicy([join(root, 'run'), join(root, 'etc')], join(root, 'old'));
}

/** The policy of some lines. */
export async function policyOf(t: Test, ...lines: readonly string[]): Promise<Policy> {
  return loadFrom(await policyFiles(t, { 'etc/50-test.policy': `${lines.join('\n')}\n` }));
}

export const UUID = {
  dom0: '00000000-0000-0000-0000-000000000000',
  work: '11111111-1111-4111-8111-111111111111',
  vault: '22222222-2222-4222-8222-222222222222',
  dvm: '33333333-3333-4333-8333-333333333333',
} as const;

const qube = {
  type: 'AppVM',
  tags: [] as string[],
  template_for_dispvms: false,
  default_dispvm: null as string | null,
  power_state: 'Halted',
  uuid: null as string | null,
  internal: null as string | null,
  relayvm: null as string | null,
  transport_rpc: null as string | null,
};

const DOMAINS = {
  dom0: { ...qube, type: 'AdminVM', tags: ['of-dom0'], power_state: 'Running', uuid: UUID.dom0 },
  work: { ...qube, tags: ['office'], default_dispvm: 'dvm', uuid: UUID.work },
  vault: { ...qube, tags: ['office', 'safe'], power_state: 'Running', uuid: UUID.vault },
  personal: { ...qube, power_state: 'Paused' },
  dvm: { ...qube, template_for_dispvms: true, tags: ['safe'], uuid: UUID.dvm },
  'other-dvm': { ...qube, template_for_dispvms: true, default_dispvm: 'other-dvm' },
  fedora: { ...qube, type: 'TemplateVM' },
  hidden: { ...qube, internal: '1' },
  distant: { ...qube, type: 'RemoteVM', relayvm: 'vault', transport_rpc: 'test.Relay' },
  lost: { ...qube, type: 'RemoteVM', power_state: 'Running' },
};

/** `internal.GetSystemInfo` of the system that the tests of policy are about. */
export const SYSTEM_INFO = JSON.stringify({ domains: DOMAINS });

export const FACTS: SystemFacts = parseSystemFacts(SYSTEM_INFO);

/** Judges `SERVICE+ARGUMENT SOURCE TARGET`. */
export function judge(policy: Policy, call: string, facts = FACTS): Verdict {
  const [called = '', source = '', target = ''] = call.split(' ');
  const [service = '', argument = ''] = called.split('+');
  return policy.evaluate({ service, argument, source, target }, facts);
}

/** A verdict in a word: `allow vault`, `ask vault|work`, `deny`. */
export function shortly(verdict: Verdict): string {
  if (verdict.kind === 'deny') return 'deny';
  if (verdict.kind === 'allow') return `allow ${targetKey(verdict.target)}`;
  return `ask ${verdict.targets.map(targetKey).join('|')}`;
}
