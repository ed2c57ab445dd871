// Bundles the command line for node: finding, reading and linking a module costs a millisecond, and a release needs 600.
// Each command is still loaded alone, in chunks that several share.
import { defineConfig } from 'rolldown';

export default defineConfig({
  input: {
    main: 'cli/main.ts',
    process: 'cli/adapters/process.ts',
    'rehearsal-worker': 'cli/adapters/rehearsal-worker.ts',
  },
  platform: 'node',
  // Native and optional; asked for by nothing that winpv uses of the CycloneDX library.
  external: ['pkcs11js', 'xmlbuilder2'],
  output: {
    dir: 'build',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: { legal: true, annotation: false, jsdoc: false },
  },
});
