import { readdir, readFile } from 'node:fs/promises';

/** What a piece of work took, of all processes together that it started and waited for. */
export interface Usage {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** The most memory that all processes had at one moment, as sampled; 0 where none was seen. */
  readonly peakBytes: number;
  /** Bytes that went to disk, or will; a folder in memory does not count. */
  readonly writtenBytes: number;
}

/** Often enough for what lasts seconds; more often the looking itself takes a good part of a core. */
const SAMPLE_MS = 250;
/** Linux counts processor time for user space in hundredths of a second, on every machine. */
const TICKS = 100;

/** Measures programs that `work` runs. This process's own processor time is not in it. */
export async function measure(work: () => Promise<void>): Promise<Usage> {
  let peakBytes = 0;
  let sampling = Promise.resolve();
  const timer = setInterval(() => {
    sampling = sampling.then(async () => {
      peakBytes = Math.max(peakBytes, await memoryBelow(process.pid));
    });
  }, SAMPLE_MS);
  const before = { cpu: await cpuOfChildren(), written: await bytesWritten() };
  const start = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const wallSeconds = (performance.now() - start) / 1000;
  await sampling;
  return {
    wallSeconds,
    cpuSeconds: (await cpuOfChildren()) - before.cpu,
    peakBytes,
    writtenBytes: (await bytesWritten()) - before.written,
  };
}

/** Field by field the median of several measurements. */
export function median(usages: readonly Usage[]): Usage {
  const of = (field: keyof Usage): number => {
    const sorted = usages.map((usage) => usage[field]).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    const upper = sorted[middle] ?? NaN;
    return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
  };
  return {
    wallSeconds: of('wallSeconds'),
    cpuSeconds: of('cpuSeconds'),
    peakBytes: of('peakBytes'),
    writtenBytes: of('writtenBytes'),
  };
}

/** Of children that ended and of theirs (proc(5): cutime and cstime of stat). */
async function cpuOfChildren(): Promise<number> {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}

/** Of this process and of children that ended, which the kernel adds to their parent's account. */
async function bytesWritten(): Promise<number> {
  const io = await readFile('/proc/self/io', 'utf8');
  return Number(/^write_bytes: (\d+)$/m.exec(io)?.[1]);
}

/** Resident memory of all processes below `pid`, itself not counted. */
async function memoryBelow(pid: number): Promise<number> {
  let total = 0;
  for (const child of await childrenOf(pid)) {
    const status = await orEmpty(readFile(`/proc/${child}/status`, 'utf8'));
    total += 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    total += await memoryBelow(child);
  }
  return total;
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = tasks.map((task) =>
    orEmpty(readFile(`/proc/${pid}/task/${task}/children`, 'utf8')),
  );
  return (await Promise.all(lists)).join(' ').split(/\s+/).filter(Boolean).map(Number);
}

/** Processes come and go while one looks. */
function orEmpty(text: Promise<string>): Promise<string> {
  return text.catch(() => '');
}
