import type { ReportEvent } from '../../core/ports.ts';
import type { OutputFile } from '../output.ts';
import type { RehearsalSettings } from '../project/rehearsal.ts';
import type { Waiver } from '../project/waivers.ts';
import type { Forecast, ForecastRequest } from '../publication/forecast.ts';
import type { BrandRehearsal } from './rehearse-brand.ts';

/** A brand that is to be rehearsed, and how: plain data, so that it can be handed to another core. */
export interface RehearsalJob {
  readonly brand: string;
  /** As they will be shipped, by path below OUT/<brand>. */
  readonly files: readonly OutputFile[];
  /** DER of whom the release's own signatures lead to. */
  readonly trust: readonly Uint8Array[];
  readonly settings: Extract<RehearsalSettings, { readonly kind: 'on' }>;
  readonly waivers: readonly Waiver[];
  readonly nowMs: number;
  /** The release is of all that the project has: then it has to be for one of the guests that are named. */
  readonly whole: boolean;
  /** Where the release will stand, for findings. */
  readonly out: string;
}

/** A publication that is to be forecast: plain data as well. */
export type ForecastJob = Omit<ForecastRequest, 'templates'>;

/** Rehearses brands beside the caller, on other cores where there are some. */
export interface Rehearsals {
  /** How many are worth being under way at once. */
  readonly width: number;
  /** Gets ready for so many brands, in its own time. */
  prepare(brands: number): void;
  /** @throws WinpvError with every finding that is not waived */
  rehearse(job: RehearsalJob, onEvent: (event: ReportEvent) => void): Promise<BrandRehearsal>;
  /** Forecasts a publication where the emulator is loaded and warm. @throws WinpvError as `forecastPublication` */
  forecast(job: ForecastJob): Promise<Forecast>;
  /** Ends what is still going on. */
  close(): Promise<void>;
}

/** How the step is named to people. */
export const rehearsalStep = (brand: string): string => `${brand}: rehearse`;
