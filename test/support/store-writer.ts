// A program for tests: opens the store of the folder given, says so, and writes as fast as it can
// until it is killed. Each number that is on disk it prints. With `--hold` it only holds the store.
import { open } from './store.ts';

const [folder = '', mode] = process.argv.slice(2);
const { app } = await open(folder);
process.stdout.write('open\n');
setInterval(() => undefined, 1000);
for (let count = 1; mode !== '--hold'; count++) {
  app.apply(() => {
    app.qubes.admin.features.set('count', count);
    app.qubes.admin.features.set(`f${count % 7}`, 'x'.repeat(count % 5000));
  });
  await app.save();
  process.stdout.write(`${count}\n`);
}
