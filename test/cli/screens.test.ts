import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import test from 'ava';
import fc from 'fast-check';
import { reportEvent, type ReportEvent } from '../../lib/base/report.ts';
import { JsonScreen } from '../../lib/cli/json-screen.ts';
import { notice } from '../../lib/cli/notice.ts';
import { Output } from '../../lib/cli/output.ts';
import { progressLine } from '../../lib/cli/progress-line.ts';
import { TextScreen, type TextLook } from '../../lib/cli/text-screen.ts';
import { fakeQube, HEADER } from './fake-backup.ts';

const LOOK: TextLook = {
  quiet: false,
  verbose: false,
  colour: false,
  tables: true,
  planIsResult: true,
};

const PLAN = { type: 'plan', archive: 'a', header: HEADER, qubes: [fakeQube()] } as const;
const SUMMARY = {
  type: 'summary',
  command: 'verify',
  archive: 'a',
  ok: true,
  exitCode: 0,
  seconds: 65,
  archiveBytes: 3 * 2 ** 20,
  warnings: 1,
  errors: 0,
} as const;

async function shown(look: TextLook, ...events: ReportEvent[]) {
  const streams = [new PassThrough(), new PassThrough()] as const;
  const [results, messages] = [new Output(streams[0], 'out'), new Output(streams[1], 'err')];
  const screen = new TextScreen(results, messages, look);
  for (const event of events) screen.show(event);
  for (const stream of streams) stream.end();
  await screen.close();
  return { stdout: await text(streams[0]), stderr: await text(streams[1]) };
}

test('a warning or error says qube, part, reason, file, chunk, stage and what to do', (t) => {
  t.is(
    notice({
      ...{ type: 'error', code: 'damaged', message: 'Cannot verify the chunk: wrong MAC' },
      ...{ qube: 'work', part: 'private', file: 'vm2/private.img', chunk: 3, stage: 'mac' },
      hint: 'Copy the archive again.',
    }),
    'error: work:private: Cannot verify the chunk: wrong MAC ' +
      '(vm2/private.img, chunk 3, at stage mac)\n  Copy the archive again.',
  );
  t.is(
    notice({ type: 'warning', code: 'content', message: 'odd', file: 'qubes.xml' }),
    'warning: odd (qubes.xml)',
  );
});

test('on a terminal verify ends with a table of parts and a verdict', async (t) => {
  const { stdout, stderr } = await shown(LOOK, { ...SUMMARY, qubes: [fakeQube()] });
  t.is(
    stdout,
    'QUBE  CLASS  PART        SIZE  STATUS  SHA-256\n' +
      'work  AppVM  private  4.9 KiB  ok      abababababab\n',
  );
  t.is(stderr, 'All is well: 1 part, 1 warning (3.0 MiB read in 1 min 05 s).\n');
});

test('on a terminal run says what became of each qube, and what is not set', async (t) => {
  const reason = 'no such kernel';
  const { stdout, stderr } = await shown(LOOK, {
    ...{ ...SUMMARY, command: 'run', ok: false, exitCode: 7, warnings: 0 },
    qubes: [
      { ...fakeQube(), newName: 'work-1', result: 'restored' },
      { ...fakeQube(), newName: 'odd', result: 'kept' },
      { ...fakeQube(), result: 'restored', notSet: [{ what: 'the property kernel', reason }] },
      { ...fakeQube(), result: 'removed' },
    ],
  });
  t.is(
    stdout.split('\n').slice(5).join('\n'),
    'QUBE  NAME NOW  RESULT                    NOT SET\n' +
      'work  work-1    restored                  -\n' +
      'work  odd       kept (cannot be started)  -\n' +
      'work  work      restored                  the property kernel\n' +
      'work  work      removed again             -\n',
  );
  t.regex(
    stderr,
    /^NOT all is well: 2 of 4 qubes restored, 1 kept \(cannot be started\), 1 removed again, 1 thing not set \(/,
  );
});

test('a run of which all went well counts qubes and parts', async (t) => {
  const qubes = [{ ...fakeQube(), result: 'restored' } as const];
  const { stderr } = await shown(LOOK, { ...SUMMARY, command: 'run', qubes });
  t.regex(stderr, /^All is well: 1 qube restored, 1 part, 1 warning \(/);
});

test('--verbose shows digests in full', async (t) => {
  const { stdout } = await shown({ ...LOOK, verbose: true }, { ...SUMMARY, qubes: [fakeQube()] });
  t.regex(stdout, new RegExp(` ${'ab'.repeat(32)}\n$`));
});

test('--quiet leaves results of verify out, but not errors', async (t) => {
  const { stdout, stderr } = await shown(
    { ...LOOK, quiet: true },
    { type: 'error', code: 'damaged', message: 'bad' },
    { ...SUMMARY, qubes: [fakeQube('damaged')] },
  );
  t.is(stdout, '');
  t.is(stderr, 'error: bad\n');
});

test('a status has its colour only where colours are wanted', async (t) => {
  const damaged = { ...SUMMARY, ok: false, qubes: [fakeQube('damaged')] };
  t.true(
    (await shown({ ...LOOK, colour: true }, damaged)).stdout.includes('\x1b[31mdamaged\x1b[39m'),
  );
  t.false((await shown(LOOK, damaged)).stdout.includes('\x1b'));
});

test('without a terminal a part is a line of tabs, with bytes and full digest', async (t) => {
  const plain = { ...LOOK, tables: false };
  const { stdout } = await shown(plain, { ...SUMMARY, qubes: [fakeQube(), fakeQube('missing')] });
  t.is(
    stdout,
    `work\tAppVM\tprivate\tok\t5000\t${'ab'.repeat(32)}\t-\n` +
      'work\tAppVM\tprivate\tmissing\t5000\t-\tThe data is cut off\n',
  );
});

test('a run that looked at nothing shows no empty table', async (t) => {
  const { stdout, stderr } = await shown(LOOK, { ...SUMMARY, ok: false, exitCode: 4, qubes: [] });
  t.is(stdout + stderr, '');
});

test('list shows qubes, as a table or as lines', async (t) => {
  const plan: ReportEvent = { ...PLAN, command: 'list', qubes: [fakeQube()] };
  t.is(
    (await shown(LOOK, plan)).stdout,
    'QUBE  CLASS  LABEL  TEMPLATE      SIZE  PARTS\n' +
      'work  AppVM  blue   debian-12  4.9 KiB  private\n',
  );
  t.is(
    (await shown({ ...LOOK, tables: false }, plan)).stdout,
    'work\tAppVM\tblue\tdebian-12\t5000\tprivate\n',
  );
});

test('info says loudly that nothing is verified', async (t) => {
  const info: ReportEvent = { type: 'info', archive: 'a', header: HEADER, verified: false };
  t.regex((await shown(LOOK, info)).stdout, /NOT VERIFIED[^]*backup id +20261121T230018-31222\n/);
});

test('parts that were not chosen are not in the results', async (t) => {
  const { stdout } = await shown(
    { ...LOOK, tables: false },
    { ...SUMMARY, qubes: [fakeQube('ok', false)] },
  );
  t.is(stdout, '');
});

test('no name or reason out of a backup reaches the terminal raw', async (t) => {
  const hostile = fc.string({ unit: 'binary' });
  await fc.assert(
    fc.asyncProperty(hostile, fc.boolean(), async (name, tables) => {
      const [part] = fakeQube().parts;
      const qube = {
        ...fakeQube(),
        ...{ name, class: name, label: name, template: name },
        parts: part === undefined ? [] : [{ ...part, part: name, file: name, reason: name }],
      };
      const place = { qube: name, part: name, file: name, message: name };
      const { stdout, stderr } = await shown(
        { ...LOOK, tables },
        { type: 'error', code: 'damaged', stage: name, hint: name, ...place },
        { type: 'warning', code: 'content', ...place },
        { type: 'info', archive: name, header: { ...HEADER, backupId: name }, verified: false },
        { ...PLAN, command: 'list', qubes: [qube] },
        { ...SUMMARY, qubes: [qube] },
      );
      t.notRegex(stdout + stderr, /[^\x20-\x7e\n\t…]/);
      const progress = { type: 'progress', bytes: 1, rate: 1, qube: name, part: name } as const;
      t.notRegex(progressLine(progress, 200), /[^\x20-\x7e…]/);
    }),
    { numRuns: 50 },
  );
});

test('progress tells share, bytes, rate, time left, qube and part, in one line of any width', (t) => {
  const event = {
    type: 'progress',
    bytes: 2 ** 29,
    totalBytes: 2 ** 30,
    rate: 2 ** 20,
    secondsLeft: 512,
    qube: 'work',
    part: 'private',
  } as const;
  const facts = ' 50 %  512 MiB of 1.0 GiB  1.0 MiB/s  8 min 32 s left  work:private';
  t.is(progressLine(event, 80), facts);
  t.is(progressLine(event, 120), `[${'#'.repeat(10)}${'-'.repeat(10)}]  ${facts}`);
  for (let columns = 2; columns < 120; columns++) {
    t.true(progressLine(event, columns).length < columns);
  }
  const { type, bytes, rate } = event;
  t.is(progressLine({ type, bytes, rate }, 80), '512 MiB  1.0 MiB/s');
});

test('--json writes one valid event a line, and progress at most four times a second', async (t) => {
  const stream = new PassThrough();
  const output = new Output(stream, 'out');
  let now = 0;
  const screen = new JsonScreen(output, output, () => now);
  for (; now < 2000; now += 10) screen.show({ type: 'progress', bytes: now, rate: 1 });
  screen.show({ ...SUMMARY, qubes: [fakeQube()] });
  await screen.close();
  stream.end();
  const lines = (await text(stream)).trimEnd().split('\n');
  const events = lines.map((line) => reportEvent.parse(JSON.parse(line)));
  t.is(events.filter(({ type }) => type === 'progress').length, 8);
  t.is(events.at(-1)?.type, 'summary');
});

test('the stage is told only of what belongs to a backup', (t) => {
  const error = {
    type: 'error',
    code: 'needs',
    message: 'Cannot read /x',
    stage: 'write',
  } as const;
  t.is(notice(error), 'error: Cannot read /x');
  t.is(notice({ ...error, part: 'private' }), 'error: private: Cannot read /x (at stage write)');
});
