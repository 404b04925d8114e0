import { readFileSync } from 'node:fs';
import { openFileSource } from '../lib/archive/source.ts';
import { openBackup } from '../lib/archive/open-backup.ts';
const name = process.argv[2] ?? 'v4-gzip';
const m = JSON.parse(readFileSync(`test/fixtures/backups/${name}.manifest.json`, 'utf8'));
const t = performance.now();
const backup = await openBackup(await openFileSource(process.argv[3] ?? `test/fixtures/backups/${name}.qubes-backup`), { passphrases: [m.passphrase], onEvent: (e) => { if (e.type !== 'progress') console.log(e); } });
console.log('open', performance.now() - t);
const out = process.argv[4] ? await backup.extract(process.argv[4]) : await backup.verify();
console.log(out.ok, out.failure, out.errors, performance.now() - t);
for (const q of out.qubes) for (const p of q.parts) {
  const v = m.vms[q.name]?.volumes?.[p.part];
  console.log(q.name, p.part, p.status, p.bytes, v ? (v.sha256 === p.sha256 ? 'SAME' : 'DIFFERS') : '', p.reason ?? '');
}
await backup.close();
