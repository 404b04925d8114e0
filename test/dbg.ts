import { receiveFrom } from './support/restore-client.ts';
import { startService } from './support/service-process.ts';
const loc = process.argv[2] ?? '';
const s = await startService('installed', 'qubes.Restore');
setTimeout(() => {
  console.log('stuck');
  process.exit(9);
}, 8000).unref();
s.finished.then((x) => console.log('finished', x));
s.stderr.then((x) => console.log('stderr', x));
const r = await receiveFrom(s, [loc, process.argv[3] ?? '']);
console.log(r.files.size, r.complete, r.status, r.stderr);
