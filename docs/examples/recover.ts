// Lists a backup, recovers one qube of it, and shows what came out.
//   node --import ./register.mjs docs/examples/recover.ts ARCHIVE PASSPHRASE-FILE QUBE FOLDER
import { readFile } from 'node:fs/promises';
import { CancelledError, openBackup, openFileSource, QubesRpcError } from '../../lib/index.ts';

const [archive = '', passphraseFile = '', qube = '', folder = ''] = process.argv.slice(2);
const stop = new AbortController();
process.once('SIGINT', () => stop.abort(new CancelledError('Interrupted')));

try {
  const [passphrase = ''] = (await readFile(passphraseFile, 'utf8')).split('\n');
  const backup = await openBackup(await openFileSource(archive), {
    passphrases: [passphrase],
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type !== 'progress') console.error(`${event.type}: ${event.message}`);
    },
  });
  try {
    for (const { name, class: kind, included } of backup.plan()) {
      console.log(`${name} (${kind})${included ? '' : ', not in this backup'}`);
    }
    const outcome = await backup.extract(folder, { include: [qube] });
    for (const part of outcome.qubes.find(({ name }) => name === qube)?.parts ?? []) {
      console.log(`${part.part}: ${part.status} ${part.bytes ?? 0} bytes ${part.sha256 ?? ''}`);
    }
    process.exitCode = outcome.ok ? 0 : 5;
  } finally {
    await backup.close();
  }
} catch (error) {
  if (!(error instanceof QubesRpcError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
