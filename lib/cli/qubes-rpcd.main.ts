import './thread-pool.ts';
import './host/small-heap.ts';
import { ADMIN_SERVICES } from '../../services/index.ts';
import { hostMain } from './host/host-main.ts';
import { runMain } from './run-main.ts';

runMain('qubes-rpcd', () => hostMain(process.argv.slice(2), process, ADMIN_SERVICES));
