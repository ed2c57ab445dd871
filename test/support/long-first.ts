import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Test files that take longest (tens of seconds of computing each), the longest first. One that began last would keep one
 * core busy while the others wait; vitest itself goes by how long files took before, which a new checkout does not know.
 */
const LONG = [
  'e2e/publish-rehearsal',
  'emulator/invariants',
  'corpus/inf-mutations',
  'packaging/signing/verify-flips',
  'release/upstream-templates',
  'oracles/emulated-install',
  'oracles/setupapi-install',
  'oracles/win-trust',
  'e2e/interrupt',
  'e2e/help',
  'release/statements',
  'release/signing-tools',
].map((name) => `/test/${name}.test.ts`);

/** Files that share workers come after those that do not: a worker is ended when a file of the other kind is next. */
const place = ({ moduleId, project }: TestSpecification): number => {
  const apart = project.config.isolate ? 0 : LONG.length + 1;
  const at = LONG.findIndex((name) => moduleId.endsWith(name));
  return apart + (at < 0 ? LONG.length : at);
};

/** The order of the test files. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
