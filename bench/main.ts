// Measures and prints Markdown for docs/performance.md: `qubes-restore` against the emergency
// pipeline of the Qubes documentation, on an archive made by that pipeline's own tools; then the
// resident host of the Admin API, imports of volumes, and disposables. All contenders take turns in
// one run, so that the ratios hold on any machine; the figures are medians.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { formatSize } from '../lib/base/size.ts';
import { runImportBench } from './admin/import.ts';
import { runAdminBench } from './admin/run.ts';
import { emergency, gunzip, ours, restoring, type Contender } from './contenders.ts';
import { makeArchive, makeStreams, type Streams } from './make-archive.ts';
import { measure, median, type Usage } from './measure.ts';
import { parseBenchOptions } from './options.ts';
import { runDays } from './preload/day/run-days.ts';
import { runHostBench } from './preload/host-bench.ts';
import { markdownTable, usageRow, USAGE_HEAD } from './table.ts';
import { targetRows } from './targets.ts';

// Every start of Node would read these for 90 ms.
delete process.env['NODE_EXTRA_CA_CERTS'];

const options = parseBenchOptions(process.argv.slice(2));
const progress = (text: string) => process.stderr.write(`${text}\n`);

if (!options.baseline && !existsSync('dist/bin/qubes-rpcd')) {
  progress('Cannot measure the programs in dist/bin: they are not built. Run make build');
  process.exit(6);
}
await mkdir(options.folder, { recursive: true });
const isWanted = (part: typeof options.only) => (options.only ?? part) === part;
if (isWanted('restore')) await benchRestore();
if (isWanted('admin') && !options.baseline) {
  progress('Calling the resident host');
  await runAdminBench(options.folder, options.seconds);
}
if (isWanted('import') && !options.baseline) {
  progress('Importing volumes');
  await runImportBench(options.folder);
}
if (isWanted('preload') && !options.baseline) {
  progress('Calling for disposables');
  await runHostBench(options.folder, options.seconds);
  progress('Simulating days of disposables');
  await runDays(options.days, options.plot);
}

async function benchRestore(): Promise<void> {
  progress('Making the volumes (kept for the next time)');
  const streams = await makeStreams(options.folder, options);
  describe(streams);
  for (const logN of options.costs) await compare(streams, logN);
}

async function compare(streams: Streams, logN: number): Promise<void> {
  progress(`Making the archive of cost 2^${logN} (kept for the next time)`);
  const archive = await makeArchive(options.folder, options, streams, logN);
  const baseline = emergency(archive, streams);
  const inflating = gunzip(streams);
  const verify = ours('verify', archive, streams);
  const extract = ours('extract', archive, streams);
  const intoSystem = restoring(archive, streams);
  const contenders = options.baseline
    ? [baseline, inflating]
    : [baseline, verify, extract, intoSystem, inflating];
  const usages = new Map<Contender, Usage[]>(contenders.map((contender) => [contender, []]));
  for (let run = 1; run <= options.runs; run++) {
    for (const [contender, sofar] of usages) {
      const usage = await measured(contender);
      progress(`logN ${logN}, run ${run}: ${usageRow(contender.name, usage).join('  ')}`);
      sofar.push(usage);
    }
  }
  const medians = [...usages].map(([{ name }, sofar]) => usageRow(name, median(sofar)));
  print(`### Cost 2^${logN}`, markdownTable([USAGE_HEAD, ...medians]));
  if (options.baseline) return;
  const of = (contender: Contender) => median(usages.get(contender) ?? []);
  const rows = targetRows({
    logN,
    cores: availableParallelism(),
    emergency: of(baseline),
    verify: of(verify),
    extract: of(extract),
    run: of(intoSystem),
    gunzip: of(inflating),
  });
  print(markdownTable(rows));
}

async function measured(contender: Contender): Promise<Usage> {
  const folder = await mkdtemp(join(options.folder, 'run-'));
  try {
    await contender.prepare?.(folder);
    // Nobody pays for what the one before left to be written.
    await execa('sync');
    const usage = await measure(() => contender.run(folder));
    await contender.check(folder);
    return usage;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function describe({ packed, expanded }: Streams): void {
  const share = Math.round((100 * packed) / expanded);
  print(
    `Two volumes of ${formatSize(options.volume)}, ${formatSize(packed)} compressed (${share} %), ` +
      `chunks of ${formatSize(options.chunk)}; medians of ${options.runs} runs in turn. ` +
      `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}).`,
  );
}

function print(...blocks: string[]): void {
  for (const block of blocks) console.log(`${block}\n`);
}
