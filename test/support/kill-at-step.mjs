// Imported before a program: ends it, as if its power was cut, before the step that KILL_AT_STEP counts.
// A step is whatever changes files.
import files from 'node:fs/promises';

const O_CREAT = 0o100;

let left = Number(process.env.KILL_AT_STEP);

function count(module, name, isStep = () => true) {
  const work = module[name];
  module[name] = function (...args) {
    if (isStep(args)) left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return work.apply(this, args);
  };
}

for (const name of ['mkdir', 'rename', 'rm', 'rmdir', 'symlink', 'unlink', 'writeFile']) {
  count(files, name);
}
count(files, 'open', ([, flags]) => typeof flags === 'number' && (flags & O_CREAT) !== 0);
