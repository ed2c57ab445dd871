import { createHash } from 'node:crypto';
import type { ResolvedLabel } from './contract.ts';

/**
 * The name of a label in the service: it ends in a hash of what makes it this label, and not of what it offers, so that it is
 * found again when its answer was lost, and when its targeting is to be another.
 */
export const serviceName = ({ label, submission, architecture }: ResolvedLabel): string => {
  const said = [label.id, label.brand, label.driver, label.destination, submission?.ids.s ?? '', architecture ?? ''];
  const mark = createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 8);
  return `${label.name ?? label.id} (${mark})`;
};
