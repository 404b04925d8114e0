import { preloadMain } from './preload/preload-main.ts';
import { runMain } from './run-main.ts';

runMain('preload-dispvm', () => preloadMain(process.argv.slice(2), process));
