import type { z } from 'zod';
import { parseSettings, type Settings } from '../../branding/settings.ts';
import { MAX_SETTINGS_BYTES } from '../../branding/settings-tree.ts';
import { checkedJson } from '../../core/json.ts';
import { parseWireJson } from '../partner-center/json.ts';

/** A file of labels, checked. */
export type LabelSettings<T> = Pick<Settings<T>, 'value' | 'point'>;

/**
 * Reads a file of labels. Ids of the service have up to twenty digits: numbers that a double does not hold are `bigint`. What is
 * longer than a person's file was written by a program: it has to be JSON, and only the path tells where something stands.
 * @throws WinpvError CONFIG_*
 */
export const readLabelSettings = <S extends z.ZodType>(
  bytes: Uint8Array,
  file: string,
  schema: S,
): LabelSettings<z.output<S>> =>
  bytes.length > MAX_SETTINGS_BYTES
    ? {
        value: checkedJson(parseWireJson(bytes, file, 'CONFIG_SYNTAX'), file, schema),
        point: () => ({ at: { file } }),
      }
    : parseSettings(bytes, file, schema, 'exact');
