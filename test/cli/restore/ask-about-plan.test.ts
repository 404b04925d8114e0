// The one question about a plan, and what can be changed before it is answered.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';

import test from 'ava';

import { CancelledError } from '../../../lib/base/errors.ts';
import type { RestorePlan } from '../../../lib/base/restore-plan.ts';
import { askAboutPlan } from '../../../lib/cli/restore/ask-about-plan.ts';
import { planTable } from '../../../lib/cli/restore/plan-table.ts';
import { planRestore } from '../../../lib/restore/make-plan.ts';
import type { RestoreOptions } from '../../../lib/restore/restore-options.ts';
import { backupOf, homeOf, hostOf, STRICT } from '../../support/plan-facts.ts';

const HOST = hostOf(['debian:TemplateVM', 'work']);
const BACKUP = backupOf(homeOf('user'), { name: 'work' }, { name: 'personal' });

function replan(options: RestoreOptions): RestorePlan {
  return planRestore(BACKUP, 'archive', HOST, options);
}

interface Answered {
  readonly plan: RestorePlan | undefined;
  readonly error: unknown;
  readonly shown: string;
}

/** Answers with those lines, and no more. */
async function answer(
  lines: readonly string[],
  options: RestoreOptions = STRICT,
): Promise<Answered> {
  const input = new PassThrough();
  const output = new PassThrough();
  const shown = text(output);
  let error: unknown;
  // Each line is typed when it is asked for.
  const left = [...lines];
  output.on('data', (block: Buffer) => {
    if (!block.toString().includes('[y/N]')) return;
    const line = left.shift();
    if (line === undefined) input.end();
    else input.write(`${line}\n`);
  });
  const proposal = { plan: replan(options), options, replan, show: planTable };
  const plan = await askAboutPlan(proposal, { input, output }, new AbortController().signal).catch(
    (thrown: unknown) => {
      error = thrown;
      return undefined;
    },
  );
  output.end();
  return { plan, error, shown: await shown };
}

/** What is restored, by its new name. */
function restored(plan: RestorePlan | undefined): string[] {
  const qubes = plan?.qubes.filter(({ action }) => action === 'restore') ?? [];
  return [
    ...qubes.map(({ newName }) => newName),
    ...(plan?.home?.action === 'restore' ? ['dom0'] : []),
  ];
}

test('a yes takes the plan as it is', async (t) => {
  const { plan, shown } = await answer(['y'], { ...STRICT, exclude: ['work'] });
  t.deepEqual(restored(plan), ['personal', 'dom0']);
  t.regex(shown, /QUBE +CLASS[^]*personal +AppVM[^]*Restore them\? \[y\/N\]/);
});

for (const line of ['n', 'No', '']) {
  test(`"${line}" ends it, and nothing is done`, async (t) => {
    const { error } = await answer([line], { ...STRICT, exclude: ['work'] });
    t.true(error instanceof CancelledError);
  });
}

test('the end of the input is a no', async (t) => {
  t.true((await answer([])).error instanceof CancelledError);
});

test('qubes are left out, taken back and renamed, and the plan is shown anew', async (t) => {
  const edits = ['-personal -dom0', 'work=office', '+personal', 'y'];
  const { plan, shown } = await answer(edits);
  t.deepEqual(restored(plan), ['office', 'personal']);
  t.is(shown.split('CLASS').length - 1, 4, 'a table before each answer');
});

test('a yes to what cannot be done, and words that mean nothing, are answered with the reason', async (t) => {
  const { plan, shown } = await answer(['y', 'what', '-nosuch', '-work', 'y']);
  t.deepEqual(restored(plan), ['personal', 'dom0']);
  t.regex(shown, /work: there is a qube work already/);
  t.regex(shown, /Cannot understand "what"/);
  t.regex(shown, /There is no qube nosuch in the backup/);
});

test('what was not chosen on the command line can be taken in', async (t) => {
  const { plan } = await answer(['+personal', 'y'], { ...STRICT, include: ['dom0'] });
  t.deepEqual(restored(plan), ['personal', 'dom0']);
});
