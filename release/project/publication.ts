import type { Settings } from '../../branding/settings.ts';
import type { ProjectSettings } from './project.ts';

/** How a project wants publications rehearsed when a release is made. */
export type PublicationSettings =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      /** Machines, one a line. */
      readonly fleet: string;
      /** The labels that the release is to be published with. */
      readonly labels: string;
    };

export const publicationOf = (
  { value }: Settings<ProjectSettings>,
  path: (path: string) => string,
): PublicationSettings => {
  const { publish } = value;
  if (publish === undefined || publish.rehearse === false) return { kind: 'off' };
  return { kind: 'on', fleet: path(publish.fleet), labels: path(publish.labels) };
};
