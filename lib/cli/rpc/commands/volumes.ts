import { UsageError } from '../../../base/errors.ts';
import type { VolumeInfo } from '../../../admin/volume-info.ts';
import { someAtOnce } from '../../../admin/some-at-once.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import { formatSize } from '../../../base/size.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';
import { exportVolume } from './export-volume.ts';
import { importVolume } from './import-volume.ts';

type VolumeRequest = RequestFor<'volume'>;
type VolumeLine = Extract<RpcLine, { type: 'volume' }>;
type Request<Action extends VolumeRequest['action']> = Extract<VolumeRequest, { action: Action }>;

/** `volume`: the volumes of qubes. */
export async function showOrChangeVolumes(request: VolumeRequest, doors: RpcDoors): Promise<void> {
  const { client, screen } = doors;
  if (request.action === 'list') return listVolumes(request, doors);
  if (request.action === 'info') return showVolume(request, doors);
  if (request.action === 'export') return exportVolume(request, doors);
  const { qube, name } = request.action === 'clone' ? request.to : request.volume;
  const { volumes } = client.qube(qube);
  switch (request.action) {
    case 'import':
      await importVolume(request, doors);
      break;
    case 'resize':
      await resize(request, doors);
      break;
    case 'revert':
      await volumes.revert(name, request.revision ?? (await newest(request, doors)));
      break;
    case 'clone':
      await cloneVolume(request, doors);
      break;
    case 'clear':
      if (!request.yes) await doors.confirm(`Empty ${qube}:${name}?`);
      await volumes.clear(name);
      break;
    case 'set':
      await volumes.set(name, request.setting, request.value);
  }
  await screen.done({ type: 'done', command: `volume ${request.action}`, qube, name });
}

/** Of named qubes, or of all. */
async function listVolumes(
  { names }: Request<'list'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const qubes = names.length > 0 ? names : (await client.list()).map(({ name }) => name);
  const lines = (
    await someAtOnce(qubes, async (qube) =>
      [...(await client.qube(qube).volumes.getAll())].map(([name, info]) =>
        volumeLine(qube, name, info),
      ),
    )
  ).flat();
  await screen.show(lines, {
    head: ['QUBE', 'VOLUME', 'POOL', 'VID', 'SIZE', 'USAGE'],
    rows: lines.map(({ qube, name, pool, vid, size, usage }) => [
      ...[qube, name, pool, vid, size, usage],
    ]),
  });
}

async function showVolume(
  { volume: { qube, name } }: Request<'info'>,
  { client, screen }: RpcDoors,
): Promise<void> {
  const { volumes } = client.qube(qube);
  const info = await volumes.info(name);
  const revisions = [...(await volumes.revisions(name))];
  await screen.show([{ ...volumeLine(qube, name, info), revisions }], {
    head: ['NAME', 'VALUE'],
    rows: [
      ['pool', info.pool],
      ['vid', info.vid],
      ['size', info.size],
      ['usage', info.usage],
      ['rw', truthText(info.rw)],
      ['source', info.source || undefined],
      ['path', info.path],
      ['save_on_stop', truthText(info.saveOnStop)],
      ['snap_on_start', truthText(info.snapOnStart)],
      ['revisions_to_keep', info.revisionsToKeep],
      ['ephemeral', truthText(info.ephemeral)],
      ['is_outdated', info.outdated === undefined ? undefined : truthText(info.outdated)],
      ['revisions', revisions.join(' ') || undefined],
    ],
  });
}

async function resize(
  { volume: { qube, name }, newSize, force }: Request<'resize'>,
  { client }: RpcDoors,
): Promise<void> {
  const { volumes } = client.qube(qube);
  const { size } = await volumes.info(name);
  if (newSize < size && !force) {
    throw new UsageError(
      `Will not shrink ${qube}:${name} from ${size} to ${newSize} bytes (${formatSize(newSize)}): ` +
        'what is at its end would be lost',
      { hint: 'Shrink what is in it first, inside the qube; then say --force.' },
    );
  }
  await volumes.resize(name, newSize);
}

async function newest(
  { volume: { qube, name } }: Request<'revert'>,
  { client }: RpcDoors,
): Promise<string> {
  const revision = (await client.qube(qube).volumes.revisions(name)).at(-1);
  if (revision === undefined) throw new UsageError(`${qube}:${name} has no older state`);
  return revision;
}

async function cloneVolume(
  { from, to, yes }: Request<'clone'>,
  { client, screen, confirm }: RpcDoors,
): Promise<void> {
  const target = `${to.qube}:${to.name}`;
  if (!yes) await confirm(`Replace the content of ${target} by that of ${from.qube}:${from.name}?`);
  screen.waiting(`Cloning ${from.qube}:${from.name} to ${target}`);
  const source = client.qube(from.qube).volumes;
  await client.qube(to.qube).volumes.cloneFrom(to.name, source, from.name);
}

function volumeLine(qube: string, name: string, info: VolumeInfo): VolumeLine {
  const { outdated, ...facts } = info;
  return { type: 'volume', qube, name, ...facts, ...(outdated === undefined ? {} : { outdated }) };
}

/** As the Admin API has it. */
function truthText(truth: boolean): string {
  return truth ? 'True' : 'False';
}
