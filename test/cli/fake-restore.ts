// qubes-restore with made-up archives: a process of its own, for what only a process shows.
import { restoreMain } from '../../lib/cli/restore-program.ts';
import { type FakeFacts, fakeOpener } from './fake-backup.ts';

const facts = JSON.parse(process.env['FAKE_BACKUP'] ?? '{}') as FakeFacts;
void restoreMain(process.argv.slice(2), process, fakeOpener(facts)).then(({ status }) =>
  process.exit(status),
);
