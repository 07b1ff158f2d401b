// Builds the browser's files into cobrowse/static/:
//   cobrowse.js                  the loader that a shop's page names; it alone keeps its name
//   core.[hash].js               what the loader imports
//   panel.[hash].js              what the core imports when the shopper opens it
//   mirror.[hash].js             what the panel imports once the shopper has let a CSA see the page
//   files.[hash].js              what the mirror imports where the site has its pages bring pictures and fonts
//   preview.[hash].js            what the loader imports instead of the core, to show what masking would hide
//   control.[hash].js            what the panel imports once the shopper has let a CSA use the page
//   console.[hash].js and .css   the CSA's console
//   viewer.[hash].js             what the console imports to show a shopper's page
//   manifest.json                {logical name: built file}; written last, so it never names a missing file
// Source maps lie beside them as *.map, named by no file and left out of the wheel.
//
//   node web/build.mjs [--watch]      COBROWSE_STATIC names another folder to build into

import { existsSync, watch } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import esbuild from 'esbuild';
import { recorderParts, replayerParts } from './rrweb.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = resolve(process.env.COBROWSE_STATIC ?? join(root, 'cobrowse', 'static'));
const entries = {
  cobrowse: 'web/snippet/loader.ts',
  core: 'web/snippet/core.ts',
  attention: 'web/snippet/attention.ts',
  panel: 'web/widget/panel.tsx',
  mirror: 'web/mirror/recorder.ts',
  files: 'web/mirror/files.ts',
  control: 'web/control/hand.ts',
  preview: 'web/mirror/preview.ts',
  console: 'agent_ui/src/main.tsx',
  viewer: 'agent_ui/src/mirror/viewer.ts',
};

const options = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  write: false,
  metafile: true,
  minify: true,
  target: 'es2020',
  charset: 'utf8',
  legalComments: 'none',
  sourcemap: 'external',
  logLevel: 'silent',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
};

const mangleProps = /[^_]_$/;

/** The widget lives in a shadow root: its style sheets are text, minified, @imports resolved. */
const cssAsText = {
  name: 'css-as-text',
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { outputFiles } = await esbuild.build({
        ...options,
        metafile: false,
        sourcemap: false,
        entryPoints: [path],
      });
      return { contents: outputFiles[0].text, loader: 'text' };
    });
  },
};

/** Built files of one entry: [{logical, name, contents}], source maps included; `named` finds a name. */
async function bundle(name, extra) {
  const { outputFiles } = await esbuild.build({
    ...options,
    entryPoints: { [name]: entries[name] },
    ...extra,
    define: { ...options.define, ...extra.define },
  });
  const files = outputFiles.map(({ path, contents }) => {
    const file = basename(path);
    // core.1A2B3C4D.js.map -> core.js.map
    return { logical: file.replace(/\.[A-Z0-9]{8}(?=\.)/, ''), name: file, contents };
  });
  return { files, named: (logical) => files.find((file) => file.logical === logical)?.name };
}

/**
 * Short names for the properties that end in one `_`, the same in all that a shop's page loads: core and
 * panel hand objects to one another. Found in one pass over all of them, so that no short name meets a
 * plain property of another file.
 */
async function shortNames() {
  const { mangleCache } = await esbuild.build({
    ...options,
    entryPoints: [
      entries.cobrowse,
      entries.core,
      entries.panel,
      entries.mirror,
      entries.files,
      entries.control,
      entries.preview,
    ],
    format: 'esm',
    plugins: [cssAsText],
    mangleProps,
    mangleCache: {},
  });
  return mangleCache;
}

async function build() {
  const missing = Object.values(entries).filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new Error(`cannot build without ${missing.join(', ')}`);

  // Each file knows the hashed name of the next: files first, then mirror, then panel, then core, then the loader.
  const hashed = { format: 'esm', entryNames: '[name].[hash]' };
  const page = { plugins: [cssAsText], mangleProps, mangleCache: await shortNames() };
  const files = await bundle('files', { ...hashed, ...page });
  const mirror = await bundle('mirror', {
    ...hashed,
    ...page,
    define: { FILES_FILE: JSON.stringify(files.named('files.js')) },
    plugins: [recorderParts],
  });
  const control = await bundle('control', { ...hashed, ...page });
  const panel = await bundle('panel', {
    ...hashed,
    ...page,
    define: {
      MIRROR_FILE: JSON.stringify(mirror.named('mirror.js')),
      CONTROL_FILE: JSON.stringify(control.named('control.js')),
    },
  });
  const core = await bundle('core', {
    ...hashed,
    ...page,
    define: { PANEL_FILE: JSON.stringify(panel.named('panel.js')) },
  });
  const attention = await bundle('attention', { ...hashed, ...page });
  const preview = await bundle('preview', { ...hashed, ...page });
  const loader = await bundle('cobrowse', {
    ...page,
    format: 'iife',
    define: {
      CORE_FILE: JSON.stringify(core.named('core.js')),
      ATTENTION_FILE: JSON.stringify(attention.named('attention.js')),
      PREVIEW_FILE: JSON.stringify(preview.named('preview.js')),
    },
  });
  const viewer = await bundle('viewer', {
    ...hashed,
    plugins: [replayerParts],
  });
  const agents = await bundle('console', {
    ...hashed,
    define: { VIEWER_FILE: JSON.stringify(viewer.named('viewer.js')) },
  });
  if (!agents.named('console.css')) throw new Error(`${entries.console} imports no style sheet`);

  await publish(
    [loader, core, attention, preview, panel, mirror, files, control, agents, viewer].flatMap(
      ({ files }) => files,
    ),
  );
}

/** Replaces what an earlier build left; the manifest is renamed into place when all else is there. */
async function publish(files) {
  await mkdir(outdir, { recursive: true });
  for (const { name, contents } of files) await writeFile(join(outdir, name), contents);

  const shipped = files.filter(({ name }) => !name.endsWith('.map'));
  const manifest = Object.fromEntries(shipped.map(({ logical, name }) => [logical, name]));
  await writeFile(join(outdir, 'manifest.json.new'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(join(outdir, 'manifest.json.new'), join(outdir, 'manifest.json'));

  const keep = new Set([...files.map(({ name }) => name), 'manifest.json']);
  const stale = (await readdir(outdir)).filter(
    (name) => !keep.has(name) && /\.(js|css)(\.map)?$/.test(name),
  );
  for (const name of stale) await rm(join(outdir, name));

  for (const { name, contents } of shipped) {
    const gzip_bytes = gzipSync(contents, { level: 9 }).length;
    console.log(`${String(gzip_bytes).padStart(8)} bytes gzipped  ${name}`);
  }
}

/** What went wrong, with file, line and column where esbuild knows them. */
async function report(error) {
  const messages = error.errors ?? [{ text: error.message }];
  const formatted = await esbuild.formatMessages(messages, { kind: 'error', color: false });
  console.error(formatted.join('').trimEnd());
}

/** Builds again after each change, one build at a time; a failed build is reported and waited out. */
function rebuildOnChange() {
  let timer;
  let running = Promise.resolve();
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(build).catch(report);
    }, 50); // an editor's save is several events
  };
  for (const folder of ['web', 'agent_ui']) {
    watch(join(root, folder), { recursive: true }, (_, file) => {
      if (file && !file.includes('node_modules') && /\.(tsx?|css)$/.test(file)) soon();
    });
  }
  console.log(`watching web and agent_ui; building into ${relative(root, outdir)}`);
}

const watching = process.argv.includes('--watch');
try {
  await build();
} catch (error) {
  await report(error);
  if (!watching) process.exitCode = 1;
}
if (watching) rebuildOnChange();
