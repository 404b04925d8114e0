// Modules that a bundle has at hand but does not load until something of them is first used, whoever
// imports them. A service is a process for each call, and has to start within 1.3 times what Node
// alone takes; most calls use little of what they could.
//
// To leave a package unused is not enough: Node reads all of a bundle at its start, 10 ms for each
// half megabyte. So a bundle holds such a package as a text, which is passed over at a glance, and is
// compiled when its turn comes. It is a part of the same file, as good as the rest.
import { build } from 'esbuild';

/** What is needed by few calls, and takes long to read. Not for those whose default is a function. */
const PACKAGES = ['cli-progress', 'commander', 'execa', 'fast-xml-parser', 'tar-stream'];

/** What Node does not load for itself. */
const BUILT_IN = [
  ...['child_process', 'crypto', 'fs/promises', 'net', 'os', 'readline', 'readline/promises'],
  ...['stream', 'stream/consumers', 'stream/promises', 'timers/promises', 'tty', 'zlib'],
].map((name) => `node:${name}`);

const NAMESPACE = 'late';

/**
 * Makes a plugin for esbuild.
 * @param options of esbuild, for the packages too
 * @returns beside the plugin: the files of a package, by its name in the metafile
 */
export function lateModules(options) {
  const filesOf = new Map();
  const plugin = {
    name: 'late-modules',
    setup({ onResolve, onLoad }) {
      const filter = new RegExp(`^(?:${[...PACKAGES, ...BUILT_IN].join('|')})$`);
      onResolve({ filter }, ({ path, importer, namespace }) => {
        if (namespace === NAMESPACE) return { path, external: true };
        // Packages load what they load.
        return importer.includes('/node_modules/') ? undefined : { path, namespace: NAMESPACE };
      });
      onLoad({ filter: /^/, namespace: NAMESPACE }, async ({ path }) => {
        if (BUILT_IN.includes(path)) return { contents: late(`require(${JSON.stringify(path)})`) };
        const { text, files } = await wholePackage(path, options);
        filesOf.set(`${NAMESPACE}:${path}`, files);
        return { contents: late(compiled(path, text)) };
      });
    },
  };
  return { plugin, filesOf };
}

/** A package with all it needs, as the text of one CommonJS module. */
async function wholePackage(name, options) {
  const { outputFiles, metafile } = await build({
    ...options,
    stdin: {
      contents: `export * from ${JSON.stringify(name)};`,
      resolveDir: options.absWorkingDir,
    },
    minify: true,
    write: false,
    metafile: true,
  });
  return { text: outputFiles[0].text, files: Object.keys(metafile.inputs) };
}

/** An expression for the exports of a module whose text is in the bundle. */
function compiled(name, text) {
  const parameters = `['exports','require','module'],{filename:__filename+${JSON.stringify(`:${name}`)}}`;
  return `(() => {
    const module = { exports: {} };
    require('node:vm').compileFunction(${JSON.stringify(text)}, ${parameters})(module.exports, require, module);
    return module.exports;
  })()`;
}

/**
 * A CommonJS module that stands for another. What is imported of it esbuild looks up in an object with
 * the same prototype, each time it is used: there it is found only then.
 */
function late(load) {
  return `let loaded;
    const late = () => (loaded ??= ${load});
    module.exports = Object.create(new Proxy({}, {
      get: (_, name) => late()[name],
      has: (_, name) => name in late(),
    }));`;
}
